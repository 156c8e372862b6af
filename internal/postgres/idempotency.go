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

// Answers stores the answers to requests that carry an idempotency key, so that the same request gets the same answer
// again. Keys are stored as hashes, answers and the hashes of requests sealed.
type Answers struct {
	store *Store
	vault *vault.Vault
}

// Answers returns the answers in this database, sealed with v.
func (s *Store) Answers(v *vault.Vault) *Answers { return &Answers{store: s, vault: v} }

func keyHash(key string) []byte {
	sum := sha256.Sum256([]byte(key))
	return sum[:]
}

func answerRow(hash []byte, part string) string {
	return "idempotency/" + hex.EncodeToString(hash) + "/" + part
}

// Begin begins the request of a key. If the request was answered before, Begin returns that answer. Otherwise it
// returns nil, and the caller handles the request within busy and then calls Keep or Release. The key is stored for
// kept. While another request has the key, Begin returns item.ErrBusy; if the key belongs to a different request,
// item.ErrOtherRequest.
func (a *Answers) Begin(ctx context.Context, key string, request []byte, busy, kept time.Duration) (answer []byte, err error) {
	hash, digest := keyHash(key), sha256.Sum256(request)
	sealed, err := a.vault.Seal(answerRow(hash, "request"), hex.EncodeToString(digest[:]))
	if err != nil {
		return nil, fmt.Errorf("begin request: %w", err)
	}
	err = pgx.BeginFunc(ctx, a.store.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM idempotency WHERE key_hash = $1 AND expires_at <= now()`, hash); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO idempotency (key_hash, request_sealed, busy_until, expires_at)
			VALUES ($1, $2, now() + $3::interval, now() + $4::interval) ON CONFLICT DO NOTHING`, hash, sealed.Ciphertext, busy, kept)
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		answer, err = a.again(ctx, tx, hash, hex.EncodeToString(digest[:]), busy)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("begin request: %w", err)
	}
	return answer, nil
}

// again returns the stored answer, or takes over a request that no process handles any more.
func (a *Answers) again(ctx context.Context, tx pgx.Tx, hash []byte, digest string, busy time.Duration) ([]byte, error) {
	var request, answer []byte
	var taken bool
	err := tx.QueryRow(ctx, `
		SELECT request_sealed, answer_sealed, coalesce(busy_until > now(), false) FROM idempotency WHERE key_hash = $1 FOR UPDATE`, hash).
		Scan(&request, &answer, &taken)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, item.ErrBusy // it was released just now: the next try succeeds
	}
	if err != nil {
		return nil, err
	}
	before, err := a.vault.Open(vault.Sealed{Row: answerRow(hash, "request"), Ciphertext: request})
	switch {
	case err != nil:
		return nil, err
	case before != digest:
		return nil, item.ErrOtherRequest
	case taken:
		return nil, item.ErrBusy
	case answer == nil:
		_, err := tx.Exec(ctx, `UPDATE idempotency SET busy_until = now() + $2::interval WHERE key_hash = $1`, hash, busy)
		return nil, err
	}
	plain, err := a.vault.Open(vault.Sealed{Row: answerRow(hash, "answer"), Ciphertext: answer})
	return []byte(plain), err
}

// Keep stores the answer to the request of a key.
func (a *Answers) Keep(ctx context.Context, key string, answer []byte) error {
	hash := keyHash(key)
	sealed, err := a.vault.Seal(answerRow(hash, "answer"), string(answer))
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	_, err = a.store.pool.Exec(ctx, `UPDATE idempotency SET answer_sealed = $2, busy_until = NULL WHERE key_hash = $1`, hash, sealed.Ciphertext)
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// Release frees a key: its request changed nothing and may be tried again.
func (a *Answers) Release(ctx context.Context, key string) error {
	_, err := a.store.pool.Exec(ctx, `DELETE FROM idempotency WHERE key_hash = $1 AND answer_sealed IS NULL`, keyHash(key))
	if err != nil {
		return fmt.Errorf("release key: %w", err)
	}
	return nil
}

// Sweep deletes the expired answers.
func (a *Answers) Sweep(ctx context.Context) error {
	if _, err := a.store.pool.Exec(ctx, `DELETE FROM idempotency WHERE expires_at <= now()`); err != nil {
		return fmt.Errorf("sweep answers: %w", err)
	}
	return nil
}
