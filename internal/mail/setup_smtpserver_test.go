package mail_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/stretchr/testify/require"
)

// post is a mail server in the test. It accepts everything, except what the test makes it refuse.
type post struct {
	refuseSender, refuseRecipient, refuseContent error
	user, password, mechanism                    string

	mu    sync.Mutex
	taken []taken
}

type taken struct {
	hello, from, to, signedIn string
	encrypted                 bool
	message                   string
}

func (p *post) all() []taken {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.taken)
}

// serve starts the server and returns the address it listens on.
func (p *post) serve(t *testing.T, configure func(*smtp.Server)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return p.serveOn(t, listener, configure)
}

func (p *post) serveOn(t *testing.T, listener net.Listener, configure func(*smtp.Server)) string {
	t.Helper()
	s := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{post: p, conn: c}, nil }))
	s.Domain, s.AllowInsecureAuth = "post.example", true
	s.ErrorLog = quiet{}
	if configure != nil {
		configure(s)
	}
	over := make(chan error, 1)
	go func() { over <- s.Serve(listener) }()
	t.Cleanup(func() {
		_ = s.Close()
		_ = listener.Close() // a server closed before it began to serve does not know its listener
		<-over               //nolint:errcheck // it was closed
	})
	return listener.Addr().String()
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type session struct {
	post *post
	conn *smtp.Conn
	mail taken
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.mail.from = from
	return s.post.refuseSender
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.to = to
	return s.post.refuseRecipient
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if s.post.refuseContent != nil {
		return s.post.refuseContent
	}
	s.mail.message, s.mail.hello = string(raw), s.conn.Hostname()
	_, s.mail.encrypted = s.conn.TLSConnectionState()
	s.post.mu.Lock()
	defer s.post.mu.Unlock()
	s.post.taken = append(s.post.taken, s.mail)
	return nil
}

func (*session) Reset()        {}
func (*session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.post.mechanism == "" {
		return nil
	}
	return []string{s.post.mechanism}
}

func (s *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(user, password string) error {
		if user != s.post.user || password != s.post.password {
			return &smtp.SMTPError{Code: 535, EnhancedCode: smtp.EnhancedCode{5, 7, 8}, Message: "who is " + user + "?"}
		}
		s.mail.signedIn = user
		return nil
	}
	if mechanism == sasl.Login {
		return &loginServer{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
}

// loginServer asks for the user, then for the password.
type loginServer struct {
	check func(user, password string) error
	said  []string
}

func (l *loginServer) Next(response []byte) (challenge []byte, done bool, err error) {
	if response != nil {
		l.said = append(l.said, string(response))
	}
	if len(l.said) < 2 {
		return []byte([]string{"Username:", "Password:"}[len(l.said)]), false, nil
	}
	return nil, true, l.check(l.said[0], l.said[1])
}

// certificate returns a configuration with a certificate for 127.0.0.1, and the pool that trusts it.
func certificate(t *testing.T) (*tls.Config, *x509.CertPool) {
	t.Helper()
	web := httptest.NewTLSServer(nil)
	web.Close()
	pool := x509.NewCertPool()
	pool.AddCert(web.Certificate())
	return &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}, pool
}

// script is a server that gives its replies line by line, and closes when it has none left. After DATA's 354 it reads
// up to the lone dot. With an empty greeting it sends nothing.
func script(t *testing.T, answers ...string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	over := make(chan struct{})
	go func() {
		defer close(over)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			play(conn, answers)
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-over
	})
	return listener.Addr().String()
}

func play(conn net.Conn, answers []string) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewReader(conn)
	for i, answer := range answers {
		if answer == "" {
			_, _ = io.Copy(io.Discard, lines) // until the client goes away
			return
		}
		if _, err := io.WriteString(conn, answer+"\r\n"); err != nil || i == len(answers)-1 {
			return
		}
		end := "\n"
		if strings.HasPrefix(answer, "354") {
			end = ".\r\n"
		}
		for {
			line, err := lines.ReadString('\n')
			if err != nil {
				return
			}
			if end == "\n" || line == end {
				break
			}
		}
	}
}
