package mail_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mail"
)

func plainly(address string) string { return "smtp://" + address + "?starttls=off" }

func TestSend_mailArrivesAsRenderedOnAConnectionOfItsOwn(t *testing.T) {
	t.Parallel()
	var p post
	m := mailer(t, plainly(p.serve(t, nil)))
	rendered, err := m.Render(reminder())
	require.NoError(t, err)
	require.NoError(t, m.Send(t.Context(), reminder()))
	require.NoError(t, m.Send(t.Context(), reminder()))
	require.Len(t, p.all(), 2)
	for _, got := range p.all() {
		require.Equal(t, string(rendered), got.message)
		require.Equal(t, "mail@acme.example", got.from)
		require.Equal(t, "jane.doe@bluebottle.example", got.to)
		require.Equal(t, "acme.example", got.hello)
	}
}

func TestSend_connectionIsEncryptedAndSignedIn(t *testing.T) {
	t.Parallel()
	config, roots := certificate(t)
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		for _, scheme := range []string{"smtp", "smtps"} {
			p := post{user: "acme", password: "s3cret word", mechanism: mechanism}
			var address string
			if scheme == "smtps" {
				listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
				require.NoError(t, err)
				address = p.serveOn(t, listener, nil)
			} else {
				address = p.serve(t, func(s *smtp.Server) { s.TLSConfig, s.AllowInsecureAuth = config, false })
			}
			m, err := mail.New(mail.Options{URL: scheme + "://acme:s3cret%20word@" + address, From: sender, RootCAs: roots})
			require.NoError(t, err)
			require.NoError(t, m.Send(t.Context(), reminder()), "%s over %s", mechanism, scheme)
			require.Len(t, p.all(), 1)
			require.True(t, p.all()[0].encrypted)
			require.Equal(t, "acme", p.all()[0].signedIn)
		}
	}
}

func TestSend_sendsNothingToAServerWeDoNotTrust(t *testing.T) {
	t.Parallel()
	config, _ := certificate(t)
	var p post
	stranger := mailer(t, "smtp://"+p.serve(t, func(s *smtp.Server) { s.TLSConfig = config }))
	require.Equal(t, mail.StageEncrypt, refused(t, stranger.Send(t.Context(), reminder())).Stage)
	naked := mailer(t, "smtp://"+p.serve(t, nil))
	require.Equal(t, mail.StageEncrypt, refused(t, naked.Send(t.Context(), reminder())).Stage)
	require.Empty(t, p.all())
}

func refused(t *testing.T, err error) *mail.Refused {
	t.Helper()
	require.Error(t, err)
	r, ok := errors.AsType[*mail.Refused](err)
	require.True(t, ok, "%v", err)
	return r
}

func TestSend_refusalIsPermanentOnlyIfItIsAboutThisMail(t *testing.T) {
	t.Parallel()
	answer := func(code int, text string) error {
		return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 1, 1}, Message: text}
	}
	for name, c := range map[string]struct {
		post      *post
		stage     mail.Stage
		code      int
		permanent bool
	}{
		"unknown recipient":        {&post{refuseRecipient: answer(550, "no such user here")}, mail.StageRecipient, 550, true},
		"recipient greylisted":     {&post{refuseRecipient: answer(451, "try again later")}, mail.StageRecipient, 451, false},
		"content refused":          {&post{refuseContent: answer(554, "looks like spam")}, mail.StageContent, 554, true},
		"content not taken now":    {&post{refuseContent: answer(452, "disk is full")}, mail.StageContent, 452, false},
		"our own address refused":  {&post{refuseSender: answer(550, "sender is not yours")}, mail.StageSender, 550, false},
		"our own password refused": {&post{user: "acme", password: "another", mechanism: "PLAIN"}, mail.StageSignIn, 535, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := "smtp://" + c.post.serve(t, nil) + "?starttls=off"
			if c.post.user != "" {
				url = strings.Replace(url, "://", "://acme:s3cret@", 1)
			}
			r := refused(t, mailer(t, url).Send(t.Context(), reminder()))
			require.Equal(t, c.stage, r.Stage)
			require.Equal(t, c.permanent, r.Permanent)
			require.Equal(t, c.code, r.Code)
			require.Regexp(t, `^[45]\.[17]\.[18]$`, r.Enhanced)
			require.Contains(t, r.Error(), r.Enhanced)
			require.NotContains(t, r.Error(), "acme")
			require.Empty(t, c.post.all())
		})
	}
}

func TestSend_connectionTroubleIsTemporary(t *testing.T) {
	t.Parallel()
	const greeting, hello, ok = "220 post.example", "250 post.example", "250 ok"
	for name, c := range map[string]struct {
		answers []string
		stage   mail.Stage
		code    int
	}{
		"closed at once":           {nil, mail.StageGreeting, 0},
		"turned away at the door":  {[]string{"554 not today"}, mail.StageGreeting, 554},
		"busy at the door":         {[]string{"421 too many connections"}, mail.StageGreeting, 421},
		"not a mail server at all": {[]string{"HTTP/1.1 400 Bad Request"}, mail.StageGreeting, 0},
		"closed before recipient":  {[]string{greeting, hello, ok}, mail.StageRecipient, 0},
		"closed before the answer": {[]string{greeting, hello, ok, ok, "354 go on"}, mail.StageContent, 0},
		"going down meanwhile":     {[]string{greeting, hello, ok, "421 shutting down"}, mail.StageRecipient, 421},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := refused(t, mailer(t, plainly(script(t, c.answers...))).Send(t.Context(), reminder()))
			require.Equal(t, c.stage, r.Stage, r.Error())
			require.Equal(t, c.code, r.Code, r.Error())
			require.False(t, r.Permanent)
		})
	}
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, listener.Close())
		r := refused(t, mailer(t, plainly(listener.Addr().String())).Send(t.Context(), reminder()))
		require.Equal(t, mail.StageConnect, r.Stage)
		require.False(t, r.Permanent)
	})
}

func TestSend_takenMailIsSentWhateverComesAfter(t *testing.T) {
	t.Parallel()
	address := script(t, "220 post.example", "250 post.example", "250 ok", "250 ok", "354 go on", "250 taken")
	require.NoError(t, mailer(t, plainly(address)).Send(t.Context(), reminder()), "the server hung up instead of saying good-bye")
}

func TestSend_silentServerDoesNotHoldUsBeyondTheContext(t *testing.T) {
	t.Parallel()
	for _, answers := range [][]string{{""}, {"220 post.example", "250 post.example", ""}} {
		address := script(t, answers...)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := mailer(t, plainly(address)).Send(ctx, reminder())
		require.False(t, refused(t, err).Permanent)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

func TestSend_refusalNeverNamesTheMerchantOrTheLink(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{
		"<jane.doe@bluebottle.example>: no such user",
		"mailbox JANE.DOE unavailable for Jane Doe",
		"jane.doe%40bluebottle.example rejected, see https://post.example/why?r=jane.doe@bluebottle.example",
		"link " + deepLink + " is listed, path cPnQ1v9o1mI7LqjdWgAu0mEtbWVyY2hhbnQ too",
		"(jane.doe=40bluebottle.example) over quota",
	} {
		p := post{refuseRecipient: &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: answer}}
		r := refused(t, mailer(t, plainly(p.serve(t, nil))).Send(t.Context(), reminder()))
		require.Equal(t, "5.1.1", r.Enhanced)
		text := strings.ToLower(r.Error())
		for _, secret := range []string{"jane", "doe", "@", "bluebottle", "http", "cpnq1v9o1mi7"} {
			require.NotContains(t, text, secret, answer)
		}
	}
	p := post{refuseRecipient: &smtp.SMTPError{Code: 550, Message: "<jane.doe@bluebottle.example> mailbox is over quota"}}
	r := refused(t, mailer(t, plainly(p.serve(t, nil))).Send(t.Context(), reminder()))
	require.Equal(t, "… mailbox is over quota", r.Detail, "the plain words stay")
}

func TestSend_refusesUnusableContentPermanently(t *testing.T) {
	t.Parallel()
	var p post
	n := reminder()
	n.Merchant.Email = "jane.doe at bluebottle"
	r := refused(t, mailer(t, plainly(p.serve(t, nil))).Send(t.Context(), n))
	require.Equal(t, mail.StageCompose, r.Stage)
	require.True(t, r.Permanent)
	require.NotContains(t, r.Error(), "jane")
	require.Empty(t, p.all())
}

func TestSend_addressThatNeedsQuotesArrives(t *testing.T) {
	t.Parallel()
	var p post
	n := reminder()
	n.Merchant.Email = `"jane doe"@bluebottle.example`
	require.NoError(t, mailer(t, plainly(p.serve(t, nil))).Send(t.Context(), n))
	require.Equal(t, `jane doe@bluebottle.example`, p.all()[0].to)
}

func TestNew_checksTheOptions(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"", "localhost:25", "http://post.example", "smtp://", "smtp://post.example?starttls=maybe", "smtp://post.example?ssl=on",
		"smtps://post.example?starttls=off", "smtp://post.example:99999", "smtp://acme@post.example", "smtp://:s3cret@post.example",
		"smtp://acme:s3cret@post.example?starttls=off", "smtp://acme:s3cret@post.example/inbox", "smtp://acme:s3cret@[::1",
	} {
		_, err := mail.New(mail.Options{URL: url, From: sender})
		require.Error(t, err, url)
		require.NotContains(t, err.Error(), "s3cret")
	}
	for _, from := range []string{"", "relink", "mail@", "a@example.com, b@example.com"} {
		_, err := mail.New(mail.Options{URL: offline, From: from})
		require.Error(t, err, from)
	}
	for _, url := range []string{
		"smtp://post.example", "smtps://acme:s3cret@post.example", "smtp://acme:s3cret@localhost?starttls=off",
		"smtp://[::1]:25/?starttls=required",
	} {
		_, err := mail.New(mail.Options{URL: url, From: "mail@example.com"})
		require.NoError(t, err, url)
	}
}

func TestSend_senderWithoutANameSignsWithItsAddress(t *testing.T) {
	t.Parallel()
	m, err := mail.New(mail.Options{URL: offline, From: "mail@example.com"})
	require.NoError(t, err)
	raw, err := m.Render(reminder(broken("Tartan Bank", item.MFA)))
	require.NoError(t, err)
	require.Contains(t, receive(t, raw).visible, "through mail@example.com")
}
