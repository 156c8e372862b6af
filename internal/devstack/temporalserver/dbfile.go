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

// lockFile makes sure that no other server of ours uses the database file, and that the file is not half made.
func lockFile(ctx context.Context, db string, progress func(string)) (*lockfile.Lock, error) {
	if err := os.MkdirAll(filepath.Dir(db), 0o750); err != nil {
		return nil, err
	}
	lock, err := lockfile.AcquireData(ctx, db+".lock", "Temporal", db, progress)
	if err == nil {
		err = setAsideHalfMade(db, progress)
	}
	return lock, err
}

// A server that is killed while it makes its file leaves one that no server ever starts on. We mark a file once a
// server is ready on it. A file without the mark holds no workflow.
func readyMark(db string) string { return db + ".ready" }

// setAsideHalfMade renames a file without the mark. It does not remove the file, which may be somebody's own.
func setAsideHalfMade(db string, progress func(string)) error {
	_, err := os.Stat(readyMark(db))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	aside := fmt.Sprintf("%s.incomplete-%d", db, time.Now().Unix())
	for _, suffix := range []string{"", "-journal", "-wal", "-shm"} {
		switch err := os.Rename(db+suffix, aside+suffix); {
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("set an incomplete database file aside: %w", err)
		case err == nil && suffix == "":
			progress("a Temporal was killed while it made its file; it starts with a new one, and the old one is " + aside)
		}
	}
	return nil
}
