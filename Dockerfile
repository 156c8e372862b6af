# One image for every role: its argument is relink's command (api, worker, migrate, sandbox, ...).
# The version of Go is go.mod's.
FROM --platform=$BUILDPLATFORM golang:1.26.8 AS build
ENV GOMODCACHE=/cache/modules GOCACHE=/cache/build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/cache/modules go mod download
COPY . .
ARG TARGETOS TARGETARCH
# What "relink version" says of the build; there is no checkout here that Go could read it from:
#   docker build --build-arg COMMIT=$(git rev-parse HEAD) --build-arg BUILT_AT=$(date -u +%FT%TZ) .
ARG COMMIT="" BUILT_AT=""
RUN --mount=type=cache,target=/cache/modules --mount=type=cache,target=/cache/build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH go build -trimpath \
    -ldflags="-s -w -X relink/cmd.commit=$COMMIT -X relink/cmd.builtAt=$BUILT_AT" -o /out/relink .
RUN mkdir /out/keys /out/data

# Holds CA certificates, time zones and the user nonroot; no shell.
FROM gcr.io/distroless/static-debian12:nonroot
COPY --from=build /out/relink /relink
# A volume that is new takes the owner of the folder it is mounted over: here relink may write, a keyset and the local
# Plaid's data.
COPY --from=build --chown=nonroot:nonroot /out/keys /keys
COPY --from=build --chown=nonroot:nonroot /out/data /data
USER nonroot:nonroot
EXPOSE 8080 9090
ENTRYPOINT ["/relink"]
