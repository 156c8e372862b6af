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
	nameLength = 40 // of the test's name, in a database's name of 63 at most
)

// DB is a database of one test.
type DB struct {
	URL string // connection string for pgx; the user may do anything
}

// Postgres returns an empty database on the run's Postgres. It drops the database, and whatever is connected to it, at
// the end of the test. A crash of the machine loses all data; a test that kills its server needs [OwnPostgres].
func Postgres(tb testing.TB) *DB {
	tb.Helper()
	return &DB{URL: create(tb, shared(tb, kindPostgres).Address, "template0")}
}

// PostgresMigrated returns a database that migrate made. migrate runs once for each key and go test run, and each test
// gets a copy of its result. Equal keys must mean equal migrations, in all packages. migrate must close its
// connections.
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

// makeTemplate makes the database under a lock that the other test binaries take too; its session holds it. The
// database is complete once it is marked as a template: a test binary that ends half-way leaves one without the mark.
func makeTemplate(ctx context.Context, conn *pgx.Conn, name string, migrate func(context.Context, string) error) error {
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return err
	}
	var done bool
	err := conn.QueryRow(ctx, `SELECT count(*) > 0 FROM pg_database WHERE datname = $1 AND datistemplate`, name).Scan(&done)
	if err != nil || done {
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
	// Postgres copies a database only while nobody is connected to it.
	_, err = conn.Exec(ctx, "ALTER DATABASE "+quoted+" WITH ALLOW_CONNECTIONS false IS_TEMPLATE true")
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
	if err := execute(tb.Context(), admin, "CREATE DATABASE "+quoted+" TEMPLATE "+pgx.Identifier{template}.Sanitize()); err != nil {
		tb.Fatalf("create the test's database: %v", err)
	}
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), dropWithin) // the test's own context is over
		defer cancel()
		if err := execute(ctx, admin, "DROP DATABASE IF EXISTS "+quoted+" WITH (FORCE)"); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	return urlOf(admin, name)
}

func execute(ctx context.Context, url, statement string) error {
	return withConn(ctx, url, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, statement)
		return err
	})
}

func withConn(ctx context.Context, url string, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	return errors.Join(do(conn), conn.Close(context.WithoutCancel(ctx)))
}

// urlOf returns the connection string of another database of the same server.
func urlOf(server, database string) string {
	u, _ := url.Parse(server) // pgserver made it
	u.Path = "/" + database
	return u.String()
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// databaseName returns the test's own name, for people who look at the server meanwhile, made unique.
func databaseName(test string) string {
	readable := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(test), "_"), "_")
	return readable[:min(len(readable), nameLength)] + "_" + strings.ToLower(rand.Text()[:12])
}
