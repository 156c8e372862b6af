package mailbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/wneessen/go-mail"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"relink/internal/devstack/mailbox"
)

func (b bundle) list(t *testing.T) messages {
	t.Helper()
	var page messages
	b.getJSON(t, "/api/v1/messages", &page)
	return page
}

func (b bundle) messageIDs(t *testing.T) []string {
	t.Helper()
	var ids []string
	for _, m := range b.list(t).Messages {
		ids = append(ids, m.MessageID)
	}
	return ids
}

func TestServe_recallsTheMailsOfItsFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "dev", "mails.jsonl")
	before := setupWith(t, mailbox.Options{File: file})
	for i := range 11 {
		require.NoError(t, before.send(t, letter(t, fmt.Sprintf("%d@x", i))))
	}
	rich := letter(t, "rich@x")
	require.NoError(t, rich.Bcc("audit@example.com"))
	require.NoError(t, rich.AttachReader("Überblick.pdf", strings.NewReader("%PDF-1.7\n\n\x00\xff")))
	require.NoError(t, before.send(t, rich,
		mail.WithSMTPAuth(mail.SMTPAuthPlainNoEnc), mail.WithUsername("user"), mail.WithPassword("anything")))
	want := before.list(t)

	// The mailbox before still runs: after a kill -9 nothing more is written either.
	after := setupWith(t, mailbox.Options{File: file})
	require.Equal(t, want, after.list(t))
	require.Equal(t, "user", want.Messages[0].Username)
	require.Equal(t, []address{{"", "audit@example.com"}}, want.Messages[0].Bcc)
	for _, m := range want.Messages {
		for _, part := range []string{"", "/raw", "/headers"} {
			_, wanted := before.get(t, "/api/v1/message/"+m.ID+part)
			resp, got := after.get(t, "/api/v1/message/"+m.ID+part)
			require.Equal(t, http.StatusOK, resp.StatusCode)
			require.Equal(t, wanted, got)
		}
	}

	require.NoError(t, after.send(t, letter(t, "newer@x")))
	again := setupWith(t, mailbox.Options{File: file})
	require.Equal(t, after.messageIDs(t), again.messageIDs(t))
	require.Equal(t, []string{"newer@x", "rich@x", "10@x", "9@x"}, again.messageIDs(t)[:4], "in the order they came")
}

func TestServe_keepsTheOrderOfMailsSentAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails.jsonl")
	before := setupWith(t, mailbox.Options{File: file})
	var sending sync.WaitGroup
	errs := make([]error, 16)
	for i := range errs {
		msg := letter(t, fmt.Sprintf("%d@x", i))
		sending.Go(func() { errs[i] = before.send(t, msg) })
	}
	sending.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	require.Len(t, before.messageIDs(t), len(errs))
	require.Equal(t, before.messageIDs(t), setupWith(t, mailbox.Options{File: file}).messageIDs(t))
}

func TestServe_fileIsForItsOwnerOnly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails", "mails.jsonl")
	b := setupWith(t, mailbox.Options{File: file})
	require.NoError(t, b.send(t, letter(t, "m@x")))
	for path, mode := range map[string]os.FileMode{filepath.Dir(file): 0o700, file: 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), "mails hold links that let their reader in")
	}
}

func TestServe_reportsAndSkipsAMailThatCannotBeRead(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "mails.jsonl")
	before := setupWith(t, mailbox.Options{File: file})
	for i := range 2 {
		require.NoError(t, before.send(t, letter(t, fmt.Sprintf("%d@x", i))))
	}
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(whole)), "\n\n")
	require.Len(t, lines, 2)
	bad := []string{
		"From: a@x", "hello", strings.Replace(lines[0], `"id":`, `"di":`, 1), strings.Replace(lines[0], `"raw":`, `"war":`, 1),
		strings.Replace(lines[0], `"raw":"`, `"raw":"?`, 1), lines[0][:20], // as a killed process leaves it, without its end
	}
	left := lines[0] + "\n" + strings.Join(bad[:3], "\n") + "\n" + lines[1] + "\n" + strings.Join(bad[3:], "\n")
	require.NoError(t, os.WriteFile(file, []byte(left), 0o600))

	core, logs := observer.New(zap.WarnLevel)
	after := setupWith(t, mailbox.Options{File: file, Logger: zap.New(core)})
	require.Equal(t, []string{"1@x", "0@x"}, after.messageIDs(t))
	var reported []any
	for _, entry := range logs.FilterMessage("mail skipped").All() {
		reported = append(reported, entry.ContextMap()["line"])
		require.NotEmpty(t, entry.ContextMap()["error"])
	}
	require.Equal(t, []any{int64(2), int64(3), int64(4), int64(6), int64(7), int64(8)}, reported)

	require.NoError(t, after.send(t, letter(t, "2@x")))
	grown, err := os.ReadFile(file)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(string(grown), left), "what was there is left as it was")
	require.Equal(t, []string{"2@x", "1@x", "0@x"}, setupWith(t, mailbox.Options{File: file}).messageIDs(t))
}

func TestServe_acceptsNoMailThatItCannotStore(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	b := setupWith(t, mailbox.Options{File: filepath.Join(dir, "mails.jsonl")})
	require.Empty(t, b.messageIDs(t)) // it serves, so it has made the folder
	require.NoError(t, os.RemoveAll(dir))
	err := b.send(t, letter(t, "lost@x"))
	var refused *mail.SendError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 451, refused.ErrorCode())
	require.True(t, refused.IsTemp(), "the sender tries again")
	require.Empty(t, b.messageIDs(t))
}

func TestServe_endsIfItsFileCannotBeUsed(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, unusable := range []string{filepath.Join(file, "mails.jsonl"), t.TempDir()} {
		smtpListener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		httpListener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		err = mailbox.New(mailbox.Options{File: unusable}).Serve(context.Background(), smtpListener, httpListener)
		require.ErrorContains(t, err, unusable[:len(unusable)-len(filepath.Base(unusable))-1])
		for _, l := range []net.Listener{smtpListener, httpListener} {
			require.ErrorIs(t, l.Close(), net.ErrClosed, "already closed")
		}
	}
}
