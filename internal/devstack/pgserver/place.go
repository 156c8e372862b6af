package pgserver

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"syscall"

	"relink/internal/devstack/proc"
)

// rootDir holds root's clusters whose own folder Postgres's user cannot enter, such as any folder under /root.
const rootDir = "/var/lib/relink"

// unprivileged returns the user to run Postgres as, or nil for ourselves. Postgres refuses to run as root, and its user
// must have a name.
func unprivileged() (*proc.User, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			var account proc.User
			_, err = fmt.Sscan(u.Uid+" "+u.Gid, &account.UID, &account.GID)
			return &account, err
		}
	}
	return nil, errors.New("we are root, Postgres refuses to run as root, and there is neither a user postgres nor a user nobody")
}

// place makes the cluster's folder and returns its path: dir, or a folder elsewhere for dir if owner cannot enter dir.
func place(dir string, owner *proc.User, progress func(string)) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if owner != nil && !canEnter(filepath.Dir(dir), *owner) {
		sum := sha256.Sum256([]byte(dir))
		elsewhere := filepath.Join(rootDir, "postgres-"+hex.EncodeToString(sum[:6]))
		progress(fmt.Sprintf("Postgres does not run as root, and no other user can enter %s: its data is in %s", dir, elsewhere))
		dir = elsewhere
	}
	err = os.MkdirAll(dir, 0o755) //nolint:gosec // Postgres's user must get to its data, which has its own mode
	if err == nil && owner != nil && !canEnter(dir, *owner) {
		var info os.FileInfo
		if info, err = os.Stat(dir); err == nil {
			err = os.Chmod(dir, info.Mode().Perm()|0o011) // to pass through, not to list
		}
	}
	return dir, err
}

// canEnter reports whether u may pass through dir and all above it. A folder that is not there yet will be ours, and
// open.
func canEnter(dir string, u proc.User) bool {
	for _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist); _, err = os.Stat(dir) {
		dir = filepath.Dir(dir)
	}
	cmd := exec.Command("test", "-x", dir) //nolint:gosec,noctx // it takes no time
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: u.UID, Gid: u.GID}}
	return cmd.Run() == nil
}
