package mailbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"
)

const (
	mailVersion = 1
	mailSuffix  = ".mail"
	unfinished  = "unfinished-" // a process that is killed while it writes leaves one
)

// folder keeps each mail in a file NUMBER-ID.mail: the envelope as one line of JSON, then the mail as it came. The
// numbers are the order in which they came. One mailbox at a time may use a folder, one call at a time.
type folder struct {
	dir    string
	logger *zap.Logger
	last   uint64 // number taken
}

// keptEnvelope is a file's first line.
type keptEnvelope struct {
	Version  int       `json:"version"`
	ID       string    `json:"id"`
	Created  time.Time `json:"created"`
	From     string    `json:"from"`
	To       []string  `json:"to"`
	Username string    `json:"username,omitempty"`
}

// read answers the mails in the order they came, and makes the folder where it is missing. A file that cannot be read
// is logged, left where it is and skipped.
func (f *folder) read() ([]*message, error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return nil, fmt.Errorf("make mail folder: %w", err)
	}
	files, err := os.ReadDir(f.dir) // sorted by name
	if err != nil {
		return nil, fmt.Errorf("read mail folder: %w", err)
	}
	var messages []*message
	for _, file := range files {
		name := file.Name()
		if strings.HasPrefix(name, unfinished) {
			if err := os.Remove(filepath.Join(f.dir, name)); err != nil {
				f.logger.Warn("unfinished mail file not removed", zap.String("file", name), zap.Error(err))
			}
			continue
		}
		if filepath.Ext(name) != mailSuffix {
			continue
		}
		msg, number, err := f.readFile(name)
		f.last = max(f.last, number) // also of a file that cannot be read: its number is taken
		if err != nil {
			f.logger.Error("mail file skipped", zap.String("file", filepath.Join(f.dir, name)), zap.Error(err))
			continue
		}
		messages = append(messages, msg)
	}
	return messages, nil
}

func (f *folder) readFile(name string) (msg *message, number uint64, err error) {
	digits, _, _ := strings.Cut(name, "-")
	if number, err = strconv.ParseUint(digits, 10, 64); err != nil {
		return nil, 0, fmt.Errorf("read number of mail: %w", err)
	}
	content, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		return nil, number, err
	}
	line, raw, found := bytes.Cut(content, []byte("\n"))
	if !found {
		return nil, number, errors.New("its first line has no end")
	}
	var kept keptEnvelope
	if err := json.Unmarshal(line, &kept); err != nil {
		return nil, number, fmt.Errorf("read envelope: %w", err)
	}
	if kept.Version != mailVersion || kept.ID == "" {
		return nil, number, fmt.Errorf("its first line is no envelope of version %d", mailVersion)
	}
	return newMessage(kept.ID, kept.Created, envelope{from: kept.From, to: kept.To, username: kept.Username}, raw), number, nil
}

// write returns once the mail is on disk as a whole.
func (f *folder) write(msg *message, env envelope) error {
	line, err := json.Marshal(keptEnvelope{
		Version: mailVersion, ID: msg.ID, Created: msg.Created, From: env.from, To: env.to, Username: env.username,
	})
	if err != nil {
		return fmt.Errorf("encode envelope: %w", err)
	}
	out, err := os.CreateTemp(f.dir, unfinished+"*") // mode 0600: mails hold links that let their reader in
	if err != nil {
		return fmt.Errorf("make mail file: %w", err)
	}
	_, err = out.Write(append(append(line, '\n'), msg.Raw...))
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return errors.Join(fmt.Errorf("write mail file: %w", err), os.Remove(out.Name()))
	}
	f.last++
	name := fmt.Sprintf("%012d-%s%s", f.last, msg.ID, mailSuffix)
	if err := os.Rename(out.Name(), filepath.Join(f.dir, name)); err != nil {
		return fmt.Errorf("put mail file in place: %w", err)
	}
	return nil
}
