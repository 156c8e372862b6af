package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strings"

	"github.com/wneessen/go-mail/smtp"
)

// Stage is the step at which a mail failed.
type Stage string

const (
	StageCompose   Stage = "notice"    // before any connection: the content cannot become a mail
	StageConnect   Stage = "connect"   // dialling, and TLS from the first byte
	StageGreeting  Stage = "greeting"  // the server's banner and our EHLO
	StageEncrypt   Stage = "starttls"  // turning to TLS
	StageSignIn    Stage = "sign-in"   // our user and password
	StageSender    Stage = "sender"    // MAIL FROM
	StageRecipient Stage = "recipient" // RCPT TO
	StageContent   Stage = "content"   // DATA, and the reply to the whole mail
)

// deliver hands message to the server, on a connection of its own. from and to are addresses in angle brackets. With an
// error it returns the stage that failed.
//
// It uses go-mail's protocol client, not its Client. That one reports a failed good-bye after an accepted mail as a
// failed mail, and we would send the mail twice. It also goes on sending after the context has ended, and leaves
// connections open when signing in fails.
func (s *server) deliver(ctx context.Context, from, to string, message []byte) (Stage, error) {
	conn, err := s.dial(ctx)
	if err != nil {
		return StageConnect, err
	}
	defer func() { _ = conn.Close() }()
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })() // ends every read and write below

	c, err := smtp.NewClient(conn, s.host)
	if err != nil {
		return StageGreeting, err
	}
	// Only an address beyond ASCII needs SMTPUTF8. If we ask for it without need, the next server may refuse the mail.
	c.SkipSMTPUTF8(isASCII(from + to))
	if err := c.Hello(s.hello); err != nil {
		return StageGreeting, err
	}
	if err := s.encrypt(c); err != nil {
		return StageEncrypt, err
	}
	if err := s.signIn(c); err != nil {
		return StageSignIn, err
	}
	if err := c.Mail(from); err != nil {
		return StageSender, err
	}
	if err := c.Rcpt(to); err != nil {
		return StageRecipient, err
	}
	w, err := c.Data()
	if err != nil {
		return StageContent, err
	}
	if _, err := w.Write(message); err != nil {
		return StageContent, err
	}
	if err := w.Close(); err != nil {
		return StageContent, err
	}
	_ = c.Quit() // the server has taken the mail: a failure from here on changes nothing
	return "", nil
}

func (s *server) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.address())
	if err != nil || s.mode != implicit {
		return conn, err
	}
	secure := tls.Client(conn, s.tls())
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return secure, nil
}

func (s *server) tls() *tls.Config {
	return &tls.Config{ServerName: s.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
}

func (s *server) encrypt(c *smtp.Client) error {
	if s.mode != startTLS {
		return nil
	}
	if offered, _ := c.Extension("STARTTLS"); !offered {
		return errors.New("the server does not offer STARTTLS")
	}
	return c.StartTLS(s.tls())
}

func (s *server) signIn(c *smtp.Client) error {
	if s.user == "" {
		return nil
	}
	_, offer := c.Extension("AUTH")
	mechanisms := strings.Fields(strings.ToUpper(offer))
	switch {
	case slices.Contains(mechanisms, "PLAIN"):
		return c.Auth(smtp.PlainAuth("", s.user, s.password, s.host, false))
	case slices.Contains(mechanisms, "LOGIN"):
		return c.Auth(smtp.LoginAuth(s.user, s.password, s.host, false))
	}
	return errors.New("the server offers no way to sign in that we know (PLAIN, LOGIN)")
}

func isASCII(s string) bool {
	for _, r := range s {
		if r > 127 {
			return false
		}
	}
	return true
}
