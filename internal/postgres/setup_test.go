package postgres_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/neighbour"
	"relink/internal/neighbour/platform"
	"relink/internal/postgres"
	"relink/internal/testkit"
	"relink/internal/vault"
)

const theToken = "access-sandbox-5a1f0c3e-plain"

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// bundle is a store on a database of its own, and that database itself.
type bundle struct {
	*postgres.Store
	vault *vault.Vault
	raw   *pgxpool.Pool
}

func setup(t *testing.T) bundle {
	t.Helper()
	url := testkit.PostgresMigrated(t, "internal/postgres", func(ctx context.Context, url string) error {
		_, err := postgres.Migrate(ctx, url)
		return err
	})
	store, err := postgres.Open(t.Context(), url, postgres.WithNeighbours(neighbour.Neighbours{thePlatform(t)}.Rows))
	require.NoError(t, err)
	t.Cleanup(store.Close)
	raw, err := pgxpool.New(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(raw.Close)
	return bundle{Store: store, vault: newVault(t), raw: raw}
}

// thePlatform is the platform as it is registered, at an address where nobody is.
func thePlatform(t *testing.T) neighbour.Neighbour {
	t.Helper()
	p, err := platform.New(platform.Options{
		URL: "https://platform.example", Secrets: []string{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}, Environment: "sandbox",
	}, nil)
	require.NoError(t, err)
	return p
}

func newVault(t *testing.T) *vault.Vault {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, vault.CreateKeyset(file))
	v, err := vault.FromKeyset(file)
	require.NoError(t, err)
	return v
}

func (b bundle) enrolment(t *testing.T, id item.ID, merchantID string) enrolment.Enrolment {
	t.Helper()
	token, err := b.vault.SealToken(id, theToken)
	require.NoError(t, err)
	return enrolment.Enrolment{
		Item: item.Ref{
			ID: id, Environment: "sandbox", MerchantID: merchantID, BusinessName: "Blue Bottle " + merchantID,
			InstitutionID: "ins_109508", Institution: "First Platypus Bank", Partner: "north-iso",
		},
		Merchant: enrolment.Merchant{
			ID: merchantID, BusinessName: "Blue Bottle " + merchantID, ContactName: "Ada", Email: "ada@" + merchantID + ".example",
			TimeZone: "America/New_York", Locale: "en-US", Partner: "north-iso",
		},
		Token: token, At: noon,
	}
}

// enrol enrols an Item whose hint has been delivered already.
func (b bundle) enrol(t *testing.T, id item.ID, merchantID string) {
	t.Helper()
	created, err := b.Enrol(t.Context(), b.enrolment(t, id, merchantID))
	require.NoError(t, err)
	require.True(t, created)
	_, err = b.raw.Exec(t.Context(), `UPDATE inbox SET state = 'delivered', delivered_at = now() WHERE item_id = $1`, id)
	require.NoError(t, err)
}

func (b bundle) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := b.raw.Exec(t.Context(), sql, args...)
	require.NoError(t, err)
}

func (b bundle) count(t *testing.T, sql string, args ...any) int {
	t.Helper()
	var n int
	require.NoError(t, b.raw.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

// atOnce runs work n times, all released together, and returns the errors.
func atOnce(n int, work func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			errs[i] = work(i)
		})
	}
	close(start)
	all.Wait()
	return errs
}

func requireNoErrors(t *testing.T, errs []error) {
	t.Helper()
	for _, err := range errs {
		require.NoError(t, err)
	}
}

// dump is the text of every row of every table.
func (b bundle) dump(t *testing.T) string {
	t.Helper()
	rows, err := b.raw.Query(t.Context(), `SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1`)
	require.NoError(t, err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	require.Contains(t, tables, "items")
	var dump string
	for _, table := range tables {
		var text string
		sql := fmt.Sprintf(`SELECT coalesce(string_agg(r::text, E'\n'), '') FROM %s r`, pgx.Identifier{table}.Sanitize())
		require.NoError(t, b.raw.QueryRow(t.Context(), sql).Scan(&text))
		dump += table + "\n" + text + "\n"
	}
	return dump
}
