package mail

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
)

// tlsMode says when the connection becomes encrypted.
type tlsMode string

const (
	plain    tlsMode = "off"
	startTLS tlsMode = "required"
	implicit tlsMode = "implicit"
)

// server describes the SMTP server for our mails.
type server struct {
	host     string
	port     string
	mode     tlsMode
	user     string
	password string
	hello    string // the name in our greeting: the sender's domain, because a container's own name is seldom a real one
	roots    *x509.CertPool
}

// parseServer reads the URL of Options. Its errors do not quote the URL, which holds a password.
func parseServer(raw string) (server, error) {
	const want = "want smtp://user:password@host:port?starttls=required|off or smtps://user:password@host:port"
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Opaque != "" || (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return server{}, errors.New("mail server's URL: " + want)
	}
	s := server{host: u.Hostname(), port: u.Port(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	query := u.Query()
	switch u.Scheme {
	case "smtp":
		s.mode = startTLS
		if query.Has("starttls") {
			s.mode = tlsMode(query.Get("starttls"))
		}
		if s.mode != startTLS && s.mode != plain {
			return server{}, fmt.Errorf("mail server's URL: starttls is %q, want required or off", s.mode)
		}
		query.Del("starttls")
		s.defaultPort("587")
	case "smtps":
		s.mode = implicit
		s.defaultPort("465")
	default:
		return server{}, fmt.Errorf("mail server's URL: scheme is %q; %s", u.Scheme, want)
	}
	if len(query) > 0 {
		return server{}, errors.New("mail server's URL: only starttls may stand after the question mark, and only with smtp")
	}
	if port, err := strconv.Atoi(s.port); err != nil || port < 1 || port > 65535 {
		return server{}, errors.New("mail server's URL: port must be 1 to 65535")
	}
	if (s.user == "") != (s.password == "") {
		return server{}, errors.New("mail server's URL: user and password come together or not at all")
	}
	if s.user != "" && s.mode == plain && !s.onThisMachine() {
		return server{}, errors.New("mail server's URL: starttls=off would send the password in the clear")
	}
	return s, nil
}

func (s *server) defaultPort(port string) {
	if s.port == "" {
		s.port = port
	}
}

func (s *server) address() string { return net.JoinHostPort(s.host, s.port) }

// onThisMachine accepts the same hosts to which the SMTP client sends a password without encryption.
func (s *server) onThisMachine() bool {
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, s.host)
}
