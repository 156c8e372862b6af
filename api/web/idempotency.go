package web

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

const (
	// idempotencyKey is the header of the IETF draft draft-ietf-httpapi-idempotency-key-header.
	idempotencyKey = "Idempotency-Key"
	longestKey     = 255
	// responseKept is how long a key stands for its request.
	responseKept = 24 * time.Hour
	// lockedFor is how long a key stays locked by one request. It exceeds the server's write timeout, so a longer lock
	// belongs to a dead process and may be taken over.
	lockedFor = 90 * time.Second
)

// IdempotencyStore stores responses under keys. Its contracts are those of postgres.Responses.
type IdempotencyStore interface {
	Begin(ctx context.Context, key string, request []byte, busy, kept time.Duration) (response []byte, err error)
	Keep(ctx context.Context, key string, response []byte) error
	Release(ctx context.Context, key string) error
	Sweep(ctx context.Context) error
}

// storedResponse is a response as it is stored.
type storedResponse struct {
	Status   int    `json:"status"`
	Location string `json:"location,omitempty"`
	Body     string `json:"body"`
}

func (r storedResponse) write(w http.ResponseWriter) error {
	if r.Location != "" {
		w.Header().Set("Location", r.Location)
	}
	return WriteJSON(w, r.Status, json.RawMessage(r.Body))
}

// Idempotent lets a caller repeat a request under a key of their own: the same request gets the same response and has
// no second effect. Only a successful response is stored. A refused request has changed nothing, so a repeat is handled
// anew. The route's Access must be a scope, because each caller has keys of their own.
func Idempotent(store IdempotencyStore, h Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sent := r.Header.Values(idempotencyKey)
		if len(sent) == 0 {
			return h(w, r)
		}
		if len(sent) > 1 || strings.TrimSpace(sent[0]) == "" || len(sent[0]) > longestKey {
			return InvalidParameter(idempotencyKey, "is not one key of 1 to %d characters", longestKey)
		}
		caller, err := FromContext[signin.Caller](r)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return fmt.Errorf("read body: %w", err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return replayOrRun(store, w, r, strings.Join([]string{caller.Subject, r.Pattern, sent[0]}, "\n"), body, h)
	}
}

// replayOrRun writes the response that is stored under the key, or runs h and stores its response.
func replayOrRun(store IdempotencyStore, w http.ResponseWriter, r *http.Request, key string, body []byte, h Handler) error {
	before, err := store.Begin(r.Context(), key, body, lockedFor, responseKept)
	if errors.Is(err, item.ErrOtherRequest) {
		return Refuse(KeyReused, "this "+idempotencyKey+" was used for another request", err)
	}
	if err != nil {
		return err
	}
	var response storedResponse
	if before != nil {
		if err := json.Unmarshal(before, &response); err != nil {
			return fmt.Errorf("read stored response: %w", err)
		}
		telemetry.EventIn(r.Context()).Set(zap.Bool("answered_before", true))
		return response.write(w)
	}
	ctx := context.WithoutCancel(r.Context())
	recorded := NewRecorder()
	if err := h(recorded, r); err != nil || recorded.Status >= http.StatusMultipleChoices {
		if released := store.Release(ctx, key); released != nil {
			telemetry.EventIn(ctx).Set(zap.NamedError("key_not_released", released))
		}
		return err
	}
	response = storedResponse{Status: recorded.Status, Location: recorded.Header().Get("Location"), Body: recorded.Body.String()}
	encoded, err := json.Marshal(response)
	if err != nil {
		return fmt.Errorf("encode response: %w", err)
	}
	// The request succeeded. Failing to store its response must not fail it.
	if err := store.Keep(ctx, key, encoded); err != nil {
		telemetry.EventIn(ctx).Set(zap.NamedError("answer_not_kept", err))
	}
	return response.write(w)
}
