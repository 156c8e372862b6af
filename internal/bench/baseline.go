package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// The baseline is the least that can answer 200 honestly: it reads the body, commits it as one row, and answers. It
// checks nothing. Like relink's inbox its row holds a key of 32 bytes, the body as JSON and the body as bytes.
const (
	baselineTable = `CREATE TABLE IF NOT EXISTS bench_baseline (
		id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
		received_at timestamptz NOT NULL DEFAULT now(),
		key         bytea NOT NULL UNIQUE,
		body        json NOT NULL,
		raw         bytea NOT NULL
	)`
	baselineInsert = `INSERT INTO bench_baseline (key, body, raw) VALUES ($1, $2, $3)`
)

// ServeBaselineFlag marks the arguments of the baseline's own process: where to listen and the database's URL follow.
const ServeBaselineFlag = "--serve-baseline"

// ServeBaseline is the baseline's own process. Its pool is set up as relink's is: from the URL alone.
func ServeBaseline(ctx context.Context, listen, databaseURL string) error {
	pool, err := pgxpool.New(ctx, databaseURL)
	if err != nil {
		return fmt.Errorf("open database: %w", err)
	}
	defer pool.Close()
	if _, err := pool.Exec(ctx, baselineTable); err != nil {
		return fmt.Errorf("make the baseline's table: %w", err)
	}
	server := &http.Server{Addr: listen, ReadHeaderTimeout: 5 * time.Second}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.Method == http.MethodPost {
			_, err = pool.Exec(r.Context(), baselineInsert, lastBytes(r.Header.Get("Plaid-Verification")), string(body), body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusOK)
	})
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// lastBytes are of the signature, so they are another key for each token.
func lastBytes(token string) []byte { return []byte(token[max(0, len(token)-32):]) }
