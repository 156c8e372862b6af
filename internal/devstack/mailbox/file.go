package mailbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"
)

// kept is a mail in the file: one line of JSON.
type kept struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	envelope
	Raw []byte `json:"raw"` // as it came
}

// recall reads the mails of the file, if there is one. It logs and skips a line that it cannot read.
func (m *Mailbox) recall() error {
	if m.file == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(m.file), 0o700); err != nil {
		return err
	}
	text, err := os.ReadFile(m.file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, line := range bytes.Split(text, []byte("\n")) {
		if len(line) == 0 {
			continue
		}
		var k kept
		err := json.Unmarshal(line, &k)
		if err == nil && (k.ID == "" || k.Raw == nil) {
			err = errors.New("it has no id, or no mail")
		}
		if err != nil {
			m.logger.Error("mail skipped", zap.String("file", m.file), zap.Int("line", n+1), zap.Error(err))
			continue
		}
		m.mails = append(m.mails, newMessage(k.ID, k.Created, k.envelope, k.Raw))
	}
	return nil
}

// write returns once the mail is on disk as a whole. The caller holds the lock, so the file has the order of the mails.
func (m *Mailbox) write(msg *message, env envelope) error {
	if m.file == "" {
		return nil
	}
	line, err := json.Marshal(kept{msg.ID, msg.Created, env, msg.raw})
	if err != nil {
		return err
	}
	out, err := os.OpenFile(m.file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) // a mail's links let their reader in
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "\n%s\n", line) // it begins a line even if a killed process left half of one
	return errors.Join(err, out.Sync(), out.Close())
}
