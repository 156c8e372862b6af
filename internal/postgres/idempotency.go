package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
	"relink/internal/vault"
)

// Responses stores the responses to requests that carry an idempotency key, so that the same request gets the same
// response again. Keys are stored as hashes. Responses and the hashes of requests are sealed.
type Responses struct {
	store *Store
	vault *vault.Vault
}

// Responses returns the responses in this database, sealed with v.
func (s *Store) Responses(v *vault.Vault) *Responses { return &Responses{store: s, vault: v} }

func keyHash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

func sealedRow(hash []byte, part string) string {
	return "idempotency/" + hex.EncodeToString(hash) + "/" + part
}

// Begin begins the request of a key. If its response is stored, Begin returns that response. Otherwise it returns nil,
// and the caller handles the request within busy and then calls Keep or Release. The key is stored for kept. While
// another request has the key, Begin returns item.ErrBusy. If the key belongs to a different request, it returns
// item.ErrOtherRequest.
func (r *Responses) Begin(ctx context.Context, key string, request []byte, busy, kept time.Duration) (response []byte, err error) {
	hash, digest := keyHash(key), sha256.Sum256(request)
	sealed, err := r.vault.Seal(sealedRow(hash, "request"), hex.EncodeToString(digest[:]))
	if err != nil {
		return nil, fmt.Errorf("begin request: %w", err)
	}
	err = pgx.BeginFunc(ctx, r.store.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM idempotency WHERE key_hash = $1 AND expires_at <= now()`, hash); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO idempotency (key_hash, request_sealed, busy_until, expires_at)
			VALUES ($1, $2, now() + $3::interval, now() + $4::interval) ON CONFLICT DO NOTHING`, hash, sealed.Ciphertext, busy, kept)
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		response, err = r.again(ctx, tx, hash, hex.EncodeToString(digest[:]), busy)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin request: %w", err)
	}
	return response, nil
}

// again returns the stored response, or takes over a request whose process died.
func (r *Responses) again(ctx context.Context, tx pgx.Tx, hash []byte, digest string, busy time.Duration) ([]byte, error) {
	var request, response []byte
	var taken bool
	err := tx.QueryRow(ctx, `
		SELECT request_sealed, answer_sealed, coalesce(busy_until > now(), false) FROM idempotency WHERE key_hash = $1 FOR UPDATE`, hash).
		Scan(&request, &response, &taken)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, item.ErrBusy // another request has just released the key: the next try succeeds
	}
	if err != nil {
		return nil, err
	}
	before, err := r.vault.Open(vault.Sealed{Row: sealedRow(hash, "request"), Ciphertext: request})
	switch {
	case err != nil:
		return nil, err
	case before != digest:
		return nil, item.ErrOtherRequest
	case taken:
		return nil, item.ErrBusy
	case response == nil:
		_, err := tx.Exec(ctx, `UPDATE idempotency SET busy_until = now() + $2::interval WHERE key_hash = $1`, hash, busy)
		return nil, err
	}
	plain, err := r.vault.Open(vault.Sealed{Row: sealedRow(hash, "answer"), Ciphertext: response})
	return []byte(plain), err
}

// Keep stores the response to the request of a key.
func (r *Responses) Keep(ctx context.Context, key string, response []byte) error {
	hash := keyHash(key)
	sealed, err := r.vault.Seal(sealedRow(hash, "answer"), string(response))
	if err != nil {
		return fmt.Errorf("keep response: %w", err)
	}
	_, err = r.store.pool.Exec(ctx, `
		UPDATE idempotency SET answer_sealed = $2, busy_until = NULL WHERE key_hash = $1`, hash, sealed.Ciphertext)
	if err != nil {
		return fmt.Errorf("keep response: %w", err)
	}
	return nil
}

// Release frees a key: its request changed nothing and may be tried again.
func (r *Responses) Release(ctx context.Context, key string) error {
	_, err := r.store.pool.Exec(ctx, `DELETE FROM idempotency WHERE key_hash = $1 AND answer_sealed IS NULL`, keyHash(key))
	if err != nil {
		return fmt.Errorf("release key: %w", err)
	}
	return nil
}

// Sweep deletes the expired responses.
func (r *Responses) Sweep(ctx context.Context) error {
	if _, err := r.store.pool.Exec(ctx, `DELETE FROM idempotency WHERE expires_at <= now()`); err != nil {
		return fmt.Errorf("sweep responses: %w", err)
	}
	return nil
}
