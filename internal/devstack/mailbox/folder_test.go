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

func mailFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.mail"))
	require.NoError(t, err)
	return files
}

func TestMailsOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "dev", "mails")
	before := setupWith(t, mailbox.Options{Dir: dir})
	for i := range 11 {
		require.NoError(t, before.send(t, letter(t, fmt.Sprintf("%d@x", i))))
	}
	rich := letter(t, "rich@x")
	require.NoError(t, rich.Bcc("audit@example.com"))
	require.NoError(t, rich.AttachReader("Überblick.pdf", strings.NewReader("%PDF-1.7\n\n\x00\xff")))
	require.NoError(t, before.send(t, rich, mail.WithSMTPAuth(mail.SMTPAuthPlainNoEnc), mail.WithUsername("user"), mail.WithPassword("anything")))
	want := before.list(t)

	// The mailbox before is told nothing, as with kill -9.
	after := setupWith(t, mailbox.Options{Dir: dir})
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
	again := setupWith(t, mailbox.Options{Dir: dir})
	require.Equal(t, after.messageIDs(t), again.messageIDs(t))
	require.Equal(t, []string{"newer@x", "rich@x", "10@x", "9@x"}, again.messageIDs(t)[:4], "in the order they came")
}

func TestMailsSentAtOnceKeepTheirOrder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := setupWith(t, mailbox.Options{Dir: dir})
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
	require.Equal(t, before.messageIDs(t), setupWith(t, mailbox.Options{Dir: dir}).messageIDs(t))
}

func TestMailFilesAreForTheirOwnerOnly(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	b := setupWith(t, mailbox.Options{Dir: dir})
	require.NoError(t, b.send(t, letter(t, "m@x")))
	for path, mode := range map[string]os.FileMode{dir: 0o700, mailFiles(t, dir)[0]: 0o600} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), "mails hold links that let their reader in")
	}
}

func TestAMailFileThatCannotBeReadIsReportedAndSkipped(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	before := setupWith(t, mailbox.Options{Dir: dir})
	for i := range 2 {
		require.NoError(t, before.send(t, letter(t, fmt.Sprintf("%d@x", i))))
	}
	good, err := os.ReadFile(mailFiles(t, dir)[0])
	require.NoError(t, err)
	bad := map[string]string{
		"000000000003-cut.mail":   string(good[:20]),
		"000000000004-empty.mail": "",
		"000000000005-alien.mail": "From: a@x\r\n\r\nhello\r\n",
		"000000000006-newer.mail": strings.Replace(string(good), `"version":1`, `"version":2`, 1),
		"000000000007-noid.mail":  strings.Replace(string(good), `"id":`, `"di":`, 1),
		"letter.mail":             string(good),
	}
	for name, content := range bad {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "000000000008-folder.mail"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "unfinished-1"), good[:20], 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600))

	core, logs := observer.New(zap.WarnLevel)
	after := setupWith(t, mailbox.Options{Dir: dir, Logger: zap.New(core)})
	require.Equal(t, []string{"1@x", "0@x"}, after.messageIDs(t))
	reported := map[string]bool{}
	for _, entry := range logs.FilterMessage("mail file skipped").All() {
		reported[filepath.Base(entry.ContextMap()["file"].(string))] = true
		require.NotEmpty(t, entry.ContextMap()["error"])
	}
	require.Len(t, reported, len(bad)+1)
	for name, content := range bad {
		require.True(t, reported[name], name)
		left, err := os.ReadFile(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Equal(t, content, string(left), "%s: left as it was", name)
	}
	require.NoFileExists(t, filepath.Join(dir, "unfinished-1"))
	require.FileExists(t, filepath.Join(dir, "notes.txt"))

	require.NoError(t, after.send(t, letter(t, "2@x")))
	matches, err := filepath.Glob(filepath.Join(dir, "000000000009-*.mail"))
	require.NoError(t, err)
	require.Len(t, matches, 1, "no number is used twice")
}

func TestAMailThatCannotBeStoredIsNotAccepted(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mails")
	b := setupWith(t, mailbox.Options{Dir: dir})
	require.Empty(t, b.messageIDs(t)) // it serves, so it has made the folder
	require.NoError(t, os.RemoveAll(dir))
	err := b.send(t, letter(t, "lost@x"))
	var refused *mail.SendError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, 451, refused.ErrorCode())
	require.True(t, refused.IsTemp(), "the sender tries again")
	require.Empty(t, b.messageIDs(t))
}

func TestAFolderThatCannotBeUsedEndsServing(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	smtpListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	httpListener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	err = mailbox.New(mailbox.Options{Dir: file}).Serve(context.Background(), smtpListener, httpListener)
	require.ErrorContains(t, err, file)
	for _, l := range []net.Listener{smtpListener, httpListener} {
		require.ErrorIs(t, l.Close(), net.ErrClosed, "already closed")
	}
}
