package temporalserver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"relink/internal/devstack/lockfile"
)

// A killed predecessor has its file open for a moment longer.
const predecessorWait = 10 * time.Second

// lockFile makes sure that no other server of ours uses the database file.
func lockFile(ctx context.Context, db string, progress func(string)) (*lockfile.Lock, error) {
	if err := os.MkdirAll(filepath.Dir(db), 0o750); err != nil {
		return nil, fmt.Errorf("make the database's folder: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, predecessorWait)
	defer cancel()
	lock, err := lockfile.Acquire(ctx, db+".lock", func() { progress("waiting for the Temporal that still uses " + db) })
	if err != nil {
		return nil, fmt.Errorf("another Temporal uses this file: %w", err)
	}
	return lock, nil
}

// A server that is killed while it makes its file leaves one that no server ever starts on. We mark a file once a
// server is ready on it. A file without the mark holds no workflow.
func readyMark(db string) string { return db + ".ready" }

func markReady(db string) error {
	if err := os.WriteFile(readyMark(db), nil, 0o600); err != nil {
		return fmt.Errorf("mark the database file as complete: %w", err)
	}
	return nil
}

// setAsideHalfMade renames a file without the mark. It does not remove the file, which may be somebody's own.
func setAsideHalfMade(db string, progress func(string)) error {
	_, err := os.Stat(readyMark(db))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	aside := fmt.Sprintf("%s.incomplete-%d", db, time.Now().Unix())
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		err := os.Rename(db+suffix, aside+suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("set an incomplete database file aside: %w", err)
		}
		if suffix == "" {
			progress("a Temporal was killed while it made its file; it starts with a new one, and the old one is " + aside)
		}
	}
	return nil
}
