package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
	"github.com/jackc/pgx/v5/pgxpool"

	"relink/internal/item"
	"relink/internal/neighbour"
)

// Store reads and writes relink's database. An exported method runs its own transaction; an unexported helper works in
// its caller's.
type Store struct {
	pool  *pgxpool.Pool
	group groupCommit
	// outboxRows is set by WithNeighbours; nil writes nothing to the outbox.
	outboxRows func(neighbour.Event) []neighbour.Row
}

// Open connects to the database at url. It does not migrate.
func Open(ctx context.Context, url string, options ...Option) (*Store, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	config.AfterConnect = timesInUTC
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	s := &Store{pool: pool}
	for _, choose := range options {
		choose(s)
	}
	return s, nil
}

// timesInUTC makes times read from the database UTC rather than the machine's own zone: they end up in a mail's bytes,
// in workflow history and in pages.
func timesInUTC(_ context.Context, conn *pgx.Conn) error {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name: "timestamptz", OID: pgtype.TimestamptzOID, Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
	return nil
}

// Close waits for borrowed connections and closes the pool.
func (s *Store) Close() { s.pool.Close() }

// Ping returns an error if the database does not respond.
func (s *Store) Ping(ctx context.Context) error { return s.pool.Ping(ctx) }

// orNull returns a parameter that is NULL for the zero time.
func orNull(t time.Time) zeronull.Timestamptz { return zeronull.Timestamptz(t) }

// zeroIfNull returns a target for Scan that turns NULL into the zero time.
func zeroIfNull(t *time.Time) *zeronull.Timestamptz { return (*zeronull.Timestamptz)(t) }

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

// lockItem takes the row lock under which an Item's audit grows and its projection moves.
func lockItem(ctx context.Context, tx pgx.Tx, id item.ID) error {
	var got string
	err := tx.QueryRow(ctx, `SELECT item_id FROM items WHERE item_id = $1 FOR UPDATE`, id).Scan(&got)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("item %s: %w", id, item.ErrUnknown)
	}
	if err != nil {
		return fmt.Errorf("lock item %s: %w", id, err)
	}
	return nil
}
