package testkit

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
)

func TestPostgres_eachTestHasADatabaseThatIsGoneAfterIt(t *testing.T) {
	t.Parallel()
	admin := shared(t, kindPostgres).Address
	var names []string
	for range 2 {
		t.Run("Writes & leaves/a connection open", func(t *testing.T) {
			db := Postgres(t)
			names = append(names, databaseOf(t, db.URL))
			conn := connect(t, db.URL) // closed by nobody before the drop
			_, err := conn.Exec(t.Context(), "CREATE TABLE mine ()")
			require.NoError(t, err, "an earlier test's table is not here")
			require.True(t, has(t, admin, names[len(names)-1]))
		})
	}
	require.Len(t, names, 2)
	require.NotEqual(t, names[0], names[1])
	for _, name := range names {
		require.Regexp(t, `^testpostgres_eachtesthasadatabase\w+_[a-z0-9]{12}$`, name)
		require.False(t, has(t, admin, name))
	}
}

func TestPostgresMigrated_migratesOncePerKeyAndCopiesAreIndependent(t *testing.T) {
	t.Parallel()
	var ran atomic.Int32
	migrate := func(ctx context.Context, url string) error {
		ran.Add(1)
		return withConn(ctx, url, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "CREATE TABLE made AS SELECT 1 AS n")
			return err
		})
	}
	var tests sync.WaitGroup
	urls := make([]string, 8)
	for i := range urls {
		tests.Go(func() { urls[i] = PostgresMigrated(t, t.Name(), migrate) })
	}
	tests.Wait()
	require.EqualValues(t, 1, ran.Load())
	for i, url := range urls {
		conn := connect(t, url)
		_, err := conn.Exec(t.Context(), "INSERT INTO made VALUES ($1)", i)
		require.NoError(t, err)
	}
	for _, url := range urls {
		var rows int
		require.NoError(t, connect(t, url).QueryRow(t.Context(), "SELECT count(*) FROM made").Scan(&rows))
		require.Equal(t, 2, rows)
	}
	PostgresMigrated(t, t.Name()+" changed", migrate)
	require.EqualValues(t, 2, ran.Load())
}

func TestPostgresMigrated_replacesAHalfMadeTemplate(t *testing.T) {
	t.Parallel()
	broken := errors.New("column is missing")
	halfway := func(ctx context.Context, url string) error {
		return errors.Join(broken, withConn(ctx, url, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "CREATE TABLE made ()")
			return err
		}))
	}
	said := fatal(t, func(tb testing.TB) { PostgresMigrated(tb, "half-made", halfway) }) //nolint:thelper // it is a test
	require.Contains(t, said, "migrate: column is missing")

	url := PostgresMigrated(t, "half-made", func(ctx context.Context, url string) error {
		return withConn(ctx, url, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "CREATE TABLE made (whole bool)")
			return err
		})
	})
	_, err := connect(t, url).Exec(t.Context(), "INSERT INTO made VALUES (true)")
	require.NoError(t, err)
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func has(t *testing.T, admin, database string) (found bool) {
	t.Helper()
	const query = `SELECT count(*) > 0 FROM pg_database WHERE datname = $1`
	require.NoError(t, connect(t, admin).QueryRow(t.Context(), query, database).Scan(&found))
	return found
}

func databaseOf(t *testing.T, text string) string {
	t.Helper()
	u, err := url.Parse(text)
	require.NoError(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

func dataDir(t *testing.T, url string) (dir string) {
	t.Helper()
	require.NoError(t, connect(t, url).QueryRow(t.Context(), "SHOW data_directory").Scan(&dir))
	return dir
}

// fatal is what a test said that failed.
func fatal(t *testing.T, test func(testing.TB)) string {
	t.Helper()
	f := &failing{TB: t}
	var done sync.WaitGroup
	done.Go(func() { test(f) })
	done.Wait()
	require.NotEmpty(t, f.said, "it did not fail")
	return f.said
}

type failing struct {
	testing.TB
	said string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.said = fmt.Sprintf(format, args...)
	runtime.Goexit()
}
