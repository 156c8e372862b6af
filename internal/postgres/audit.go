package postgres

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/item"
)

// auditRow is one link of an Item's chain.
type auditRow struct {
	ItemID   item.ID
	Seq      int64
	At       time.Time
	Kind     string
	Key      string
	Data     string
	PrevHash []byte
	Hash     []byte
}

// digest covers every column. Each part is preceded by its length, so that no two rows share an encoding.
func (r auditRow) digest() []byte {
	h := sha256.New()
	part := func(b []byte) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(b)))
		h.Write(n[:])
		h.Write(b)
	}
	part(r.PrevHash)
	part([]byte(r.ItemID))
	part(fmt.Append(nil, r.Seq))
	part([]byte(r.At.UTC().Format(time.RFC3339Nano)))
	part([]byte(r.Kind))
	part([]byte(r.Key))
	part([]byte(r.Data))
	return h.Sum(nil)
}

// appendAudit adds one row to the Item's chain unless its key is there already, and reports whether it did. The caller
// holds the Item's row lock. data must hold no secret and no person's name or address, because the audit is never
// erased.
func appendAudit(ctx context.Context, tx pgx.Tx, id item.ID, at time.Time, kind, key string, data any) (bool, error) {
	encoded, err := json.Marshal(data)
	if err != nil {
		return false, fmt.Errorf("encode audit %s: %w", key, err)
	}
	var known bool
	err = tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM audit WHERE item_id = $1 AND key = $2)`, id, key).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("look for audit %s: %w", key, err)
	}
	if known {
		return false, nil
	}
	row := auditRow{
		ItemID: id, At: at.UTC().Truncate(time.Microsecond), Kind: kind, Key: key, Data: string(encoded), PrevHash: []byte{},
	}
	var last int64
	err = tx.QueryRow(ctx, `SELECT seq, hash FROM audit WHERE item_id = $1 ORDER BY seq DESC LIMIT 1`, id).Scan(&last, &row.PrevHash)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return false, fmt.Errorf("read end of audit: %w", err)
	}
	row.Seq = last + 1
	_, err = tx.Exec(ctx, `INSERT INTO audit (item_id, seq, at, kind, key, data, prev_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		row.ItemID, row.Seq, row.At, row.Kind, row.Key, row.Data, row.PrevHash, row.digest())
	if err != nil {
		return false, fmt.Errorf("append audit %s: %w", key, err)
	}
	return true, nil
}

// Note adds a row to an Item's audit. Each call adds one. data must hold no secret and no person's name or address. For
// an unknown Item it returns item.ErrUnknown.
func (s *Store) Note(ctx context.Context, id item.ID, at time.Time, kind string, data any) error {
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if err := lockItem(ctx, tx, id); err != nil {
			return err
		}
		_, err := appendAudit(ctx, tx, id, at, kind, kind+"/"+rand.Text(), data)
		return err
	})
	if err != nil {
		return fmt.Errorf("note %s of item %s: %w", kind, id, err)
	}
	return nil
}

// ErrChainBroken is returned when a row of an audit does not follow from the row before it.
var ErrChainBroken = errors.New("the audit chain is broken")

// VerifyAudit recomputes an Item's chain and returns its number of rows, or ErrChainBroken.
func (s *Store) VerifyAudit(ctx context.Context, id item.ID) (int, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT item_id, seq, at, kind, key, data::text AS data, prev_hash, hash FROM audit WHERE item_id = $1 ORDER BY seq`, id)
	if err != nil {
		return 0, fmt.Errorf("read audit: %w", err)
	}
	chain, err := pgx.CollectRows(rows, pgx.RowToStructByName[auditRow])
	if err != nil {
		return 0, fmt.Errorf("read audit: %w", err)
	}
	prev := []byte{}
	for i, row := range chain {
		if row.Seq != int64(i+1) || string(row.PrevHash) != string(prev) || string(row.Hash) != string(row.digest()) {
			return 0, fmt.Errorf("item %s, row %d: %w", id, row.Seq, ErrChainBroken)
		}
		prev = row.Hash
	}
	return len(chain), nil
}
