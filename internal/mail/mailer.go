package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"net/mail"
	"strings"
	texttemplate "text/template"
	"time"

	"relink/internal/mailing"
)

// sendTimeout bounds the sending of one mail, from dialling to the server's last reply.
const sendTimeout = 20 * time.Second

// Options configure a Mailer: the mail server and the sender.
type Options struct {
	// URL is smtp://user:password@host:port?starttls=required|off or smtps://user:password@host:port. With smtp, starttls
	// defaults to required and the port to 587. With smtps, TLS begins with the first byte, and the port defaults to 465.
	// User and password come together or not at all. They never go over a plain connection to another machine.
	URL string
	// From is the sender, "Acme Capital <mail@example.com>". Its name heads every mail. Its address is also the
	// envelope's.
	From string
	// RootCAs are the authorities trusted for the server's certificate. Nil means the machine's own.
	RootCAs *x509.CertPool
}

// Mailer renders and sends mails. It is safe for concurrent use and keeps no connection open.
type Mailer struct {
	server server
	from   mail.Address
	html   *htmltemplate.Template
	text   *texttemplate.Template
}

// New checks the options and parses the templates. Its errors never hold the URL's password.
func New(o Options) (*Mailer, error) {
	srv, serverErr := parseServer(o.URL)
	from, fromErr := mail.ParseAddress(o.From)
	if fromErr != nil {
		fromErr = errors.New(`sender: want "Name <name@example.com>"`)
	}
	if err := errors.Join(serverErr, fromErr); err != nil {
		return nil, err
	}
	srv.roots = o.RootCAs
	srv.hello = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	html, err := htmltemplate.ParseFS(templates, "templates/mail.html")
	if err != nil {
		return nil, fmt.Errorf("parse html template: %w", err)
	}
	text, err := texttemplate.ParseFS(templates, "templates/mail.txt")
	if err != nil {
		return nil, fmt.Errorf("parse text template: %w", err)
	}
	return &Mailer{server: srv, from: *from, html: html, text: text}, nil
}

// Send renders a mail and hands it to the server over a connection of its own, within 20 seconds. It returns a *Refused
// if that failed. If the server's last reply was lost, the server may have accepted the mail. Sending it again then
// sends the same bytes under the same Message-ID.
func (m *Mailer) Send(ctx context.Context, n mailing.Content) error {
	message, err := m.Render(n)
	if err != nil {
		return &Refused{Stage: StageCompose, Permanent: true, Detail: err.Error()}
	}
	to, err := recipient(n)
	if err != nil {
		return &Refused{Stage: StageCompose, Permanent: true, Detail: err.Error()}
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	stage, err := m.server.deliver(ctx, (&mail.Address{Address: m.from.Address}).String(), to, message)
	if err != nil {
		return refusal(ctx, stage, err, m.server.secrets(n))
	}
	return nil
}

// recipient returns the merchant's address in angle brackets, quoted if it must be. It leaves out the person's name,
// which the greeting has.
func recipient(n mailing.Content) (string, error) {
	to, err := mail.ParseAddress(n.Merchant.Email)
	if err != nil {
		return "", errors.New("the merchant's mail address is not one") // ParseAddress quotes the address in its error
	}
	return (&mail.Address{Address: to.Address}).String(), nil
}
