package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"relink/internal/devstack/pgserver"
	"relink/internal/inbox"
	"relink/internal/postgres"
	"relink/internal/testkit"
)

// stopInserts lets no entry be written until let is called.
func (b bundle) stopInserts(t *testing.T) (let func()) {
	t.Helper()
	tx, err := b.raw.Begin(t.Context())
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), `LOCK TABLE inbox IN SHARE MODE`)
	require.NoError(t, err)
	let = sync.OnceFunc(func() { _ = tx.Rollback(context.Background()) })
	t.Cleanup(let)
	return let
}

// writing waits until so many statements wait for the table.
func (b bundle) writing(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		var waiting int
		err := b.raw.QueryRow(t.Context(), `
			SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`).Scan(&waiting)
		return err == nil && waiting == n
	}, 20*time.Second, time.Millisecond)
}

func TestReceive_simultaneousEntriesShareCommits(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	const entries, different = 400, 200
	receipts := make([]inbox.Receipt, entries)
	requireNoErrors(t, atOnce(entries, func(i int) (err error) {
		receipts[i], err = b.Receive(t.Context(), webhook("itm_1", fmt.Sprint("ITEM/", i%different), fmt.Sprint(i%different)))
		return err
	}))
	rows := map[int64]int{}
	first := 0
	for i, r := range receipts {
		require.Equal(t, receipts[i%different].RowID, r.RowID)
		require.Equal(t, 1, b.count(t, `SELECT count(*) FROM inbox WHERE inbox_id = $1 AND code = $2`, r.RowID, fmt.Sprint("ITEM/", i%different)))
		rows[r.RowID]++
		if !r.Repeat {
			first++
		}
	}
	require.Len(t, rows, different)
	require.Equal(t, different, first, "each is new to one of its senders")
	require.Equal(t, entries-different, b.count(t, `SELECT sum(repeats) FROM inbox WHERE source = 'webhook'`))
	commits := b.count(t, `SELECT count(DISTINCT xmin::text) FROM inbox WHERE source = 'webhook'`)
	require.Less(t, commits, different/2)
}

func TestReceive_copyInTheSameCommitIsARepeat(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	let := b.stopInserts(t)
	receipts := make([]inbox.Receipt, 22)
	errs := make(chan []error, 1)
	go func() {
		errs <- atOnce(len(receipts), func(i int) (err error) {
			receipts[i], err = b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", fmt.Sprint("key ", i%2)))
			return err
		})
	}()
	b.writing(t, 2) // so the other twenty gather
	let()
	requireNoErrors(t, <-errs)
	require.Equal(t, 2, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook'`))
	require.Equal(t, 20, b.count(t, `SELECT sum(repeats) FROM inbox WHERE source = 'webhook'`))
	fresh := slices.DeleteFunc(slices.Clone(receipts), func(r inbox.Receipt) bool { return r.Repeat })
	require.Len(t, fresh, 2)
	require.NotEqual(t, fresh[0].RowID, fresh[1].RowID)
}

func TestReceive_refusedEntryFailsItsOwnSenderOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.exec(t, `ALTER TABLE inbox ADD CONSTRAINT poison CHECK (code <> 'ITEM/POISON')`)
	let := b.stopInserts(t)
	done := make(chan []error, 1)
	go func() {
		done <- atOnce(30, func(i int) error {
			code := "ITEM/ERROR"
			if i == 7 {
				code = "ITEM/POISON"
			}
			_, err := b.Receive(t.Context(), webhook("itm_1", code, fmt.Sprint(i)))
			return err
		})
	}()
	b.writing(t, 2)
	let()
	for i, err := range <-done {
		if i == 7 {
			require.ErrorContains(t, err, "poison")
			continue
		}
		require.NoError(t, err)
	}
	require.Equal(t, 29, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook'`))
}

func TestReceive_senderThatLeavesFailsNobodyElse(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	let := b.stopInserts(t)
	ctx, leave := context.WithCancel(t.Context())
	leaders := make(chan error, 2)
	for i := range 2 { // they write, and leave
		go func() {
			_, err := b.Receive(ctx, webhook("itm_1", "ITEM/ERROR", fmt.Sprint("leader ", i)))
			leaders <- err
		}()
	}
	b.writing(t, 2)
	gathered, stay := make(chan error, 10), make(chan error, 10)
	for i := range 10 {
		go func() { // these leave as well, before anybody writes them
			_, err := b.Receive(ctx, webhook("itm_1", "ITEM/ERROR", fmt.Sprint("gathered ", i)))
			gathered <- err
		}()
		go func() {
			_, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", fmt.Sprint("stays ", i)))
			stay <- err
		}()
	}
	require.Eventually(t, func() bool { return b.Queued() == 20 }, 10*time.Second, time.Millisecond)
	leave()
	for range 10 {
		require.ErrorIs(t, <-gathered, context.Canceled, "it does not wait for what it does not want any more")
	}
	let()
	for range 2 {
		require.NoError(t, <-leaders, "what is being written is written")
	}
	for range 10 {
		require.NoError(t, <-stay)
	}
	require.Equal(t, 12, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook'`), "those that left in time left no row")
}

func TestReceive_goesOnAfterEveryFailure(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	b.exec(t, `ALTER TABLE inbox RENAME TO elsewhere`)
	for _, err := range atOnce(50, func(i int) error {
		_, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", fmt.Sprint(i)))
		return err
	}) {
		require.ErrorContains(t, err, "insert into inbox")
	}
	b.exec(t, `ALTER TABLE elsewhere RENAME TO inbox`)
	requireNoErrors(t, atOnce(50, func(i int) error {
		_, err := b.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", fmt.Sprint(i)))
		return err
	}))
	require.Zero(t, b.Queued())
}

func TestReceive_twoReplicasWithTheSameDeliveriesDoNotDeadlock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.enrol(t, "itm_1", "m_1")
	other, err := postgres.Open(t.Context(), b.raw.Config().ConnString())
	require.NoError(t, err)
	t.Cleanup(other.Close)
	for round := range 5 {
		requireNoErrors(t, atOnce(200, func(i int) error {
			store, key := b.Store, i/2
			if i%2 == 1 { // in the opposite order
				store, key = other, 99-i/2
			}
			_, err := store.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", fmt.Sprint(round, "/", key)))
			return err
		}))
	}
	require.Equal(t, 500, b.count(t, `SELECT count(*) FROM inbox WHERE source = 'webhook'`))
	require.Equal(t, 500, b.count(t, `SELECT sum(repeats) FROM inbox WHERE source = 'webhook'`))
}

func TestReceive_survivesTheDeathOfPostgres(t *testing.T) {
	t.Parallel()
	server := testkit.OwnPostgres(t, pgserver.Options{})
	url := server.URL("postgres")
	_, err := postgres.Migrate(t.Context(), url)
	require.NoError(t, err)
	store, err := postgres.Open(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(store.Close)

	var mu sync.Mutex
	acknowledged := map[int64]string{}
	var senders sync.WaitGroup
	for i := range 16 {
		senders.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprint(i, "/", n)
				r, err := store.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", key))
				if err != nil {
					return // it is dead
				}
				mu.Lock()
				acknowledged[r.RowID] = key
				mu.Unlock()
			}
		})
	}
	require.Eventually(t, func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(acknowledged) > 500
	}, 30*time.Second, time.Millisecond)
	server.Kill()
	senders.Wait()

	again := testkit.OwnPostgres(t, pgserver.Options{Dir: server.Dir, Port: server.Port})
	conn, err := pgx.Connect(t.Context(), again.URL("postgres"))
	require.NoError(t, err)
	defer func() { _ = conn.Close(t.Context()) }()
	rows, err := conn.Query(t.Context(), `SELECT inbox_id, convert_from(delivery_key, 'UTF8') FROM inbox`)
	require.NoError(t, err)
	kept := map[int64]string{}
	var id int64
	var key string
	_, err = pgx.ForEachRow(rows, []any{&id, &key}, func() error {
		kept[id] = key
		return nil
	})
	require.NoError(t, err)
	for id, key := range acknowledged {
		require.Equal(t, key, kept[id], "row %d was acknowledged", id)
	}
	_, err = store.Receive(t.Context(), webhook("itm_1", "ITEM/ERROR", "afterwards"))
	require.NoError(t, err, "it takes up again by itself")
}
