package mailbox

import (
	"fmt"
	"io"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"go.uber.org/zap"
)

// envelope is what SMTP says about a mail besides its content.
type envelope struct {
	From     string   `json:"from"`
	To       []string `json:"to"`
	Username string   `json:"username,omitempty"` // as authenticated, if at all
}

func (m *Mailbox) smtpServer() *smtp.Server {
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &session{mailbox: m}, nil
	}))
	server.Domain = "localhost"
	server.AllowInsecureAuth = true // loopback, and every password is right
	server.EnableSMTPUTF8 = true
	server.MaxMessageBytes, server.MaxRecipients = 25<<20, 100
	server.ReadTimeout, server.WriteTimeout = time.Minute, 10*time.Second
	server.ErrorLog = zap.NewStdLog(m.logger)
	return server
}

// session is one SMTP connection.
type session struct {
	mailbox  *Mailbox
	envelope envelope
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.envelope.From = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.envelope.To = append(s.envelope.To, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err // not wrapped: go-smtp looks for its own SMTPError of a mail that is too large
	}
	return s.mailbox.deliver(s.envelope, raw)
}

func (s *session) Reset()        { s.envelope = envelope{Username: s.envelope.Username} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, sasl.Login} }

// Auth accepts any name and password.
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	switch mechanism {
	case sasl.Plain:
		return sasl.NewPlainServer(func(_, username, _ string) error {
			s.envelope.Username = username
			return nil
		}), nil
	case sasl.Login:
		return &loginServer{session: s}, nil
	}
	return nil, smtp.ErrAuthUnknownMechanism
}

// loginServer is AUTH LOGIN (draft-murchison-sasl-login). go-sasl has only its client side.
type loginServer struct {
	session *session
	step    int
}

// Next implements sasl.Server.
func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if l.step == 0 && response == nil {
		return []byte("Username:"), false, nil
	}
	switch l.step++; l.step {
	case 1:
		l.session.envelope.Username = string(response)
		return []byte("Password:"), false, nil
	case 2:
		return nil, true, nil
	}
	return nil, false, fmt.Errorf("auth login: %w", sasl.ErrUnexpectedClientResponse)
}
