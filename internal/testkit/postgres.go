package testkit

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	dropWithin = 30 * time.Second
	nameLength = 40 // of the test's own, in a database's name, which may have 63
	// From 15 on a database can be copied through the log, which is twice as fast as file by file for a small one.
	strategySince = 150000
)

// DB is a database of one test.
type DB struct {
	URL string // connection string for pgx; the user may do anything
}

// Postgres gives an empty database on the run's Postgres, dropped at the end of the test, with whatever is still connected to it.
// The server forgets all when the machine crashes; a test that kills its server needs [OwnPostgres].
func Postgres(tb testing.TB) *DB {
	tb.Helper()
	admin := shared(tb, kindPostgres).Address
	return &DB{URL: create(tb, admin, "template0")}
}

// PostgresMigrated gives a database made by migrate, which runs once per key and go test run: each test gets a copy of its result.
// Equal keys must mean equal migrations, in all packages. migrate closes its connections before it returns.
func PostgresMigrated(tb testing.TB, key string, migrate func(ctx context.Context, url string) error) (url string) {
	tb.Helper()
	admin := shared(tb, kindPostgres).Address
	sum := sha256.Sum256([]byte(key))
	template := "template_" + hex.EncodeToString(sum[:8])
	err := withConn(tb.Context(), admin, func(conn *pgx.Conn) error {
		return makeTemplate(tb.Context(), conn, template, migrate)
	})
	if err != nil {
		tb.Fatalf("make the template database of %q: %v", key, err)
	}
	return create(tb, admin, template)
}

// makeTemplate makes the database under a lock that other test binaries respect. It is complete once it is marked as a template: a
// test binary that ends half-way leaves one that is not.
func makeTemplate(ctx context.Context, conn *pgx.Conn, name string, migrate func(context.Context, string) error) error {
	const complete = `SELECT count(*) > 0 FROM pg_database WHERE datname = $1 AND datistemplate`
	var done bool
	if err := conn.QueryRow(ctx, complete, name).Scan(&done); err != nil || done {
		return err
	}
	// Held by the session, so freed with the connection, too.
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return err
	}
	if err := conn.QueryRow(ctx, complete, name).Scan(&done); err != nil || done {
		return err
	}
	quoted := pgx.Identifier{name}.Sanitize()
	for _, statement := range []string{
		"DROP DATABASE IF EXISTS " + quoted + " WITH (FORCE)",
		"CREATE DATABASE " + quoted + " TEMPLATE template0",
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			return err
		}
	}
	if err := migrate(ctx, urlOf(conn.Config().ConnString(), name)); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	// A database can be copied only while nobody is connected to it.
	_, err := conn.Exec(ctx, "ALTER DATABASE "+quoted+" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1`, name)
	}
	return err
}

// create makes a database for the test as a copy of template.
func create(tb testing.TB, admin, template string) (url string) {
	tb.Helper()
	name := databaseName(tb.Name())
	quoted := pgx.Identifier{name}.Sanitize()
	err := withConn(tb.Context(), admin, func(conn *pgx.Conn) error {
		statement := "CREATE DATABASE " + quoted + " TEMPLATE " + pgx.Identifier{template}.Sanitize()
		var version int
		if err := conn.QueryRow(tb.Context(), `SELECT current_setting('server_version_num')::int`).Scan(&version); err != nil {
			return err
		}
		if version >= strategySince {
			statement += " STRATEGY wal_log"
		}
		_, err := conn.Exec(tb.Context(), statement)
		return err
	})
	if err != nil {
		tb.Fatalf("create the test's database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropWithin) // the test's own context is over
		defer cancel()
		err := withConn(ctx, admin, func(conn *pgx.Conn) error {
			_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)")
			return err
		})
		if err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	return urlOf(admin, name)
}

func withConn(ctx context.Context, url string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

// urlOf is the connection string of another database of the same server.
func urlOf(server, database string) string {
	u, err := url.Parse(server)
	if err != nil {
		return server // it came from pgserver: it does parse
	}
	u.Path = "/" + database
	return u.String()
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// databaseName is the test's own name, for those who look at the server meanwhile, made unique.
func databaseName(test string) string {
	readable := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(test), "_"), "_")
	return readable[:min(len(readable), nameLength)] + "_" + strings.ToLower(rand.Text()[:12])
}
