package inbox_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"relink/internal/enrolment"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/postgres"
	"relink/internal/testkit"
	"relink/internal/vault"
)

// stage is the real inbox, and a fake Temporal that records what it takes.
type stage struct {
	*postgres.Store
	raw      *pgxpool.Pool
	temporal *taker
}

func newStage(t *testing.T) *stage {
	t.Helper()
	url := testkit.PostgresMigrated(t, "relink", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	store, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(store.Close)
	raw, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(raw.Close)
	return &stage{Store: store, raw: raw, temporal: &taker{}}
}

// enrol enrols Items, and marks the hint of each enrolment as delivered.
func (s *stage) enrol(t *testing.T, ids ...item.ID) {
	t.Helper()
	for _, id := range ids {
		_, err := s.Enrol(t.Context(), enrolment.Enrolment{
			Item: item.Ref{
				ID: id, Environment: "sandbox", MerchantID: "m_1", BusinessName: "Blue Bottle",
				InstitutionID: "ins_1", Institution: "First Platypus Bank",
			},
			Merchant: enrolment.Merchant{
				ID: "m_1", BusinessName: "Blue Bottle", Email: "ada@blue.example", TimeZone: "America/New_York", Locale: "en-US",
			},
			Token: vault.Sealed{Ciphertext: []byte("sealed")}, At: time.Now(),
		})
		require.NoError(t, err)
	}
	s.exec(t, `DELETE FROM inbox WHERE source = 'enrolment'`)
}

func (s *stage) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := s.raw.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

// receive commits a new delivery with each call.
func (s *stage) receive(t *testing.T, id item.ID, source item.Source) int64 {
	t.Helper()
	a := inbox.Entry{Source: source, Environment: "sandbox", ItemID: id, Code: "ITEM/ERROR"}
	if source == item.FromWebhook {
		a.DeliveryKey = fmt.Append(nil, id, time.Now().UnixNano())
	}
	r, err := s.Receive(t.Context(), a)
	require.NoError(t, err)
	return r.RowID
}

// open returns the rows that are not delivered.
func (s *stage) open(t *testing.T) []int64 {
	t.Helper()
	rows, err := s.raw.Query(t.Context(), `SELECT inbox_id FROM inbox WHERE state <> 'delivered' ORDER BY 1`)
	require.NoError(t, err)
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	require.NoError(t, err)
	return ids
}

// quick are options that keep a test short.
var quick = inbox.Options{Poll: 10 * time.Millisecond, Lease: 200 * time.Millisecond, Pace: 10 * time.Millisecond, Sweep: time.Hour}

// dispatch runs a dispatcher until the end of the test, or until stop. Run must then return nil.
func dispatch(t *testing.T, q bothSides, opts inbox.Options) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	d := inbox.New(q, q, zap.NewNop(), opts)
	go func() { ended <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run returned %v", err) // not require: this may be the clean-up
		}
	})
	t.Cleanup(stop)
	return stop
}

// bothSides is both ports of a dispatcher.
type bothSides interface {
	Claim(ctx context.Context, limit int, lease, pace time.Duration) ([]inbox.Batch, error)
	Delivered(ctx context.Context, rowIDs []int64) error
	Ignored(ctx context.Context, rowIDs []int64, why string) error
	Release(ctx context.Context, rowIDs []int64, again time.Duration, cause string, counted bool) error
	MarkDead(ctx context.Context, rowIDs []int64, why string) error
	Sweep(ctx context.Context, patience, retention time.Duration) (int64, error)
	Deliver(ctx context.Context, b inbox.Batch) error
}

// Deliver takes a batch as Temporal does.
func (s *stage) Deliver(ctx context.Context, b inbox.Batch) error { return s.temporal.take(ctx, b) }

// taker takes every batch, except the first ones of an Item that is down.
type taker struct {
	mu      sync.Mutex
	down    map[item.ID]int // how often it cannot be taken
	rows    []int64
	signals map[item.ID][]time.Time
}

func (k *taker) take(_ context.Context, b inbox.Batch) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.down[b.ItemID] > 0 {
		k.down[b.ItemID]--
		return errDown
	}
	k.rows = append(k.rows, b.RowIDs...)
	if k.signals == nil {
		k.signals = map[item.ID][]time.Time{}
	}
	k.signals[b.ItemID] = append(k.signals[b.ItemID], time.Now())
	return nil
}

func (k *taker) has(rows ...int64) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return !slices.ContainsFunc(rows, func(id int64) bool { return !slices.Contains(k.rows, id) })
}
