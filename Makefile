# Every way to build, test and check relink, once. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

tool = go tool -modfile=tools/$(1)/go.mod $(1)

# No package may hang longer than this.
TIMEOUT := 10m

# Rules, workflows, adapters and documents: everything that needs no Temporal.
QUICK := ./activities/... ./cmd/... ./deploy/... ./starter/... ./workflows/... \
	./internal/breaker/... ./internal/config/... ./internal/deeplink/... ./internal/describe/... ./internal/enrolment/... ./internal/httpserver/... \
	./internal/inbox/... ./internal/item/... ./internal/mail/... ./internal/neighbour/... ./internal/outbox/... ./internal/blackbox/... ./internal/plaid/... \
	./internal/policy/... ./internal/postgres/... ./internal/localplaid/... ./internal/signin/... ./internal/telemetry/... ./internal/vault/... ./internal/webhook/... \
	./internal/wording/... ./test/documents/... ./test/wire/...

# The packages where requests, hints and workflows meet.
RACE := ./api/... ./internal/inbox/... ./internal/webhook/... ./workflows/... ./test/e2e/...

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: demo
demo: ## start everything on this machine and play one relink, step by step
	go run . demo

.PHONY: build
build: ## build the binary, bin/relink
	go build -trimpath -ldflags "-X relink/cmd.builtAt=$$(date -u +%FT%TZ)" -o bin/relink .

.PHONY: prepare
prepare: ## find or install the real Postgres and Temporal that demo and tests start
	go run ./internal/devstack/prepare

.PHONY: test
test: prepare ## run every test, and list the ten slowest
	go test -json -count=1 -shuffle=on -timeout=$(TIMEOUT) ./... | go run ./scripts/testreport

.PHONY: test-quick
test-quick: ## run the tests of rules, workflows, adapters and documents
	go test -count=1 -shuffle=on -timeout=$(TIMEOUT) $(QUICK)

.PHONY: race
race: prepare ## run the tests of concurrent code under the race detector
	go test -race -count=1 -shuffle=on -timeout=$(TIMEOUT) $(RACE)

.PHONY: mutants
mutants: ## break the code in known ways, and check that a test fails for each
	go run ./scripts/mutants

.PHONY: drill
drill: prepare ## rehearse what must not go wrong: every drill, a tenth of its size
	go run . drill --short

.PHONY: bench
bench: prepare ## measure, each figure beside its baseline; needs a machine that does nothing else
	go run . bench

.PHONY: check
check: lint ## vet, lint, replay safety of the workflows, alerting rules, and a build for a Mac
	go vet ./...
	$(call tool,workflowcheck) ./workflows
	go -C tools/alerts run . ../../deploy/alerts.yml
	GOOS=darwin GOARCH=arm64 go build ./...

.PHONY: lint
lint: ## format and style, and the import rules of the house (.golangci.yml)
	@unformatted=$$($(call tool,gofumpt) -l .); \
		test -z "$$unformatted" || { echo "not formatted (make fmt does it):"; echo "$$unformatted"; exit 1; }
	go run ./scripts/comments $$(git ls-files '*.go')
	$(call tool,golangci-lint) run

.PHONY: fmt
fmt: ## format every file
	$(call tool,gofumpt) -w .

.PHONY: vuln
vuln: ## list known vulnerabilities in what we call; needs the database at vuln.go.dev, so it is no gate
	$(call tool,govulncheck) ./...

.PHONY: fresh
fresh: ## run the README's commands in a bare Debian, as root and as an ordinary user; half an hour
	./scripts/fresh

.PHONY: clean
clean: ## remove what building and testing left; data of dev in .relink stays
	rm -rf bin relink coverage.* *.out *.prof *.test

.PHONY: test-browser
test-browser: prepare ## play relinks in a real Chromium at the size of a phone
	go test -count=1 -tags browser ./test/browser ./api/portal/page ./api/ops ./internal/localplaid

.PHONY: docs
docs: ## write the parts of docs/ that are made from tables: the rules, the metrics
	go test -count=1 ./internal/item ./internal/telemetry -update

.PHONY: record
record: prepare ## record histories of new behaviour for the replay tests; recorded ones stay
	go test -count=1 ./test/e2e -record $(CURDIR)/workflows/testdata/histories
