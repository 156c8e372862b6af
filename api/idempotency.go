package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// The header is that of the IETF draft draft-ietf-httpapi-idempotency-key-header.
const (
	idempotencyKey = "Idempotency-Key"
	// answersKept is how long a key stands for its request.
	answersKept = 24 * time.Hour
	// answerTakes is how long a request may be at its answer: longer than a server lets it. Whoever is longer is dead, and
	// the next one takes over.
	answerTakes    = 90 * time.Second
	longestKey     = 255
	keyReused      = "urn:relink:problem:idempotency_key_reused"
	requestInWork  = "urn:relink:problem:request_in_progress"
	busyRetryAfter = 2 * time.Second
)

// answers keeps answers under keys; its contracts are those of postgres.Answers.
type answers interface {
	Begin(ctx context.Context, key string, request []byte, busy, kept time.Duration) (answer []byte, err error)
	Keep(ctx context.Context, key string, answer []byte) error
	Release(ctx context.Context, key string) error
	Sweep(ctx context.Context) error
}

// kept is an answer as it is kept.
type kept struct {
	Status   int    `json:"status"`
	Location string `json:"location,omitempty"`
	Body     string `json:"body"`
}

func (k kept) write(w http.ResponseWriter) error {
	if k.Location != "" {
		w.Header().Set("Location", k.Location)
	}
	return writeJSON(w, k.Status, json.RawMessage(k.Body))
}

// once lets a caller repeat a request under a key of theirs: the same request gets the same answer, and nothing is done a
// second time. Only success is kept: a request that was refused has changed nothing, and is tried anew.
func (s *Server) once(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sent := r.Header.Values(idempotencyKey)
		if len(sent) == 0 {
			return h(w, r)
		}
		if len(sent) > 1 || strings.TrimSpace(sent[0]) == "" || len(sent[0]) > longestKey {
			return badInput("%s is not one key of 1 to %d characters", idempotencyKey, longestKey)
		}
		caller, err := found[signin.Caller](r, callerKey)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return s.underKey(w, r, strings.Join([]string{caller.Subject, r.Pattern, sent[0]}, "\n"), body, h)
	}
}

func (s *Server) underKey(w http.ResponseWriter, r *http.Request, key string, body []byte, h handler) error {
	before, err := s.Answers.Begin(r.Context(), key, body, answerTakes, answersKept)
	if errors.Is(err, item.ErrOtherRequest) {
		return &fault{status: http.StatusUnprocessableEntity, kind: keyReused, public: "this " + idempotencyKey + " was used for another request", cause: err}
	}
	if err != nil {
		return err
	}
	var k kept
	if before != nil {
		if err := json.Unmarshal(before, &k); err != nil {
			return fmt.Errorf("read kept answer: %w", err)
		}
		telemetry.EventIn(r.Context()).Set(zap.Bool("answered_before", true))
		return k.write(w)
	}
	ctx := context.WithoutCancel(r.Context())
	recorded := &recorder{header: http.Header{}, status: http.StatusOK}
	if err := h(recorded, r); err != nil || recorded.status >= http.StatusMultipleChoices {
		if released := s.Answers.Release(ctx, key); released != nil {
			telemetry.EventIn(ctx).Set(zap.NamedError("key_not_released", released))
		}
		return err
	}
	k = kept{Status: recorded.status, Location: recorded.header.Get("Location"), Body: recorded.body.String()}
	encoded, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	if err := s.Answers.Keep(ctx, key, encoded); err != nil { // what was done is done, and is said
		telemetry.EventIn(ctx).Set(zap.NamedError("answer_not_kept", err))
	}
	return k.write(w)
}

// recorder holds an answer back.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }
