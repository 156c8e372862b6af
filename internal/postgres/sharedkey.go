package postgres

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/jackc/pgx/v5"

	"relink/internal/vault"
)

// SharedKey returns 32 random bytes that all processes on this database share. The first call makes them.
func (s *Store) SharedKey(ctx context.Context, v *vault.Vault, purpose string) ([]byte, error) {
	row := "shared_keys/" + purpose
	fresh := make([]byte, 32)
	_, _ = rand.Read(fresh) // by contract it never fails
	sealed, err := v.Seal(row, string(fresh))
	if err != nil {
		return nil, err
	}
	_, err = s.pool.Exec(ctx, `INSERT INTO shared_keys (purpose, sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING`, purpose, sealed.Ciphertext)
	if err != nil {
		return nil, fmt.Errorf("store %s: %w", row, err)
	}
	rows, err := s.pool.Query(ctx, `SELECT sealed FROM shared_keys WHERE purpose = $1`, purpose)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", row, err)
	}
	stored, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[[]byte])
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", row, err)
	}
	key, err := v.Open(vault.Sealed{Row: row, Ciphertext: stored})
	if err != nil {
		return nil, err
	}
	return []byte(key), nil
}
