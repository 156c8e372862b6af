package mailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Mailbox keeps every mail that it gets, including several with one Message-ID. It is safe for concurrent use.
type Mailbox struct {
	file   string
	logger *zap.Logger

	mu      sync.Mutex
	mails   []*message // oldest first; the file has the same order
	refusal smtp.SMTPError
	times   int // how many deliveries the refusal is still for
}

// Options of a mailbox. The zero value works.
type Options struct {
	// File keeps the mails for the next mailbox: in their order, under their ids, and all unread. It is made with mode
	// 0600, in a folder with mode 0700, and belongs to one Mailbox at a time. Empty: mails are in memory only.
	File   string
	Logger *zap.Logger // gets a line for each mail kept, refused, or skipped in File; nil: nowhere
}

// New makes an empty mailbox. Serve reads what is in File.
func New(o Options) *Mailbox {
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	return &Mailbox{file: o.File, logger: o.Logger}
}

// Refuse makes the mailbox refuse the next deliveries, times in all, with code (400 to 599) after it has read their
// content. It keeps nothing of them. enhanced is "4.2.0" or the like; if it is empty, the code's class stands for it.
// times 0 ends a refusal.
func (m *Mailbox) Refuse(code int, enhanced, text string, times int) error {
	status := smtp.EnhancedCodeNotSet
	if enhanced != "" {
		_, err := fmt.Sscanf(enhanced, "%d.%d.%d", &status[0], &status[1], &status[2])
		if err != nil || fmt.Sprintf("%d.%d.%d", status[0], status[1], status[2]) != enhanced || status[0] != code/100 {
			return fmt.Errorf("refuse: enhanced code %q is not of the form 4.2.0, or does not fit code %d", enhanced, code)
		}
	}
	switch {
	case times < 0 || strings.ContainsAny(text, "\r\n"):
		return errors.New("refuse: times must not be negative, and message must be one line")
	case code < 400 || code > 599:
		return fmt.Errorf("refuse: code %d is no refusal (400 to 599)", code)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal, m.times = smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}, times
	return nil
}

// deliver keeps a mail, or returns the refusal that is due.
func (m *Mailbox) deliver(env envelope, raw []byte) error {
	msg := newMessage(rand.Text(), time.Now().UTC(), env, raw)
	id := zap.String("message_id", msg.MessageID)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.times > 0 {
		m.times--
		m.logger.Info("mail refused", id, zap.Int("smtp_code", m.refusal.Code))
		refusal := m.refusal
		return &refusal
	}
	if err := m.write(msg, env); err != nil {
		m.logger.Error("mail not kept", id, zap.Error(err))
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the mail could not be stored"}
	}
	m.mails = append(m.mails, msg)
	m.logger.Info("mail kept", zap.String("mail", msg.ID), id)
	return nil
}

// page returns limit mails from start on, newest first, and how many there are in all and unread.
func (m *Mailbox) page(start, limit int) (page []message, total, unread int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, msg := range slices.Backward(m.mails) {
		if !msg.Read {
			unread++
		}
		if place := len(m.mails) - 1 - i; place >= start && len(page) < limit {
			page = append(page, *msg)
		}
	}
	return page, len(m.mails), unread
}

// find returns the mail with the id, or the newest for "latest", and marks it read.
func (m *Mailbox) find(id string) (message, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, msg := range slices.Backward(m.mails) {
		if msg.ID == id || id == "latest" {
			msg.Read = true
			return *msg, true
		}
	}
	return message{}, false
}

// Serve reads the file, then serves SMTP and HTTP on the two listeners until ctx ends. Then it closes both and returns
// nil. It cuts off a client in the middle of a delivery, which will deliver again.
func (m *Mailbox) Serve(ctx context.Context, smtpListener, httpListener net.Listener) error {
	if err := m.recall(); err != nil {
		return errors.Join(err, smtpListener.Close(), httpListener.Close())
	}
	mails := m.smtpServer()
	web := &http.Server{
		Handler: m.Handler(), ErrorLog: zap.NewStdLog(m.logger),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, IdleTimeout: time.Minute,
	}
	group, serving := errgroup.WithContext(ctx)
	group.Go(func() error { return fmt.Errorf("serve SMTP: %w", mails.Serve(smtpListener)) })
	group.Go(func() error { return fmt.Errorf("serve mailbox over HTTP: %w", web.Serve(httpListener)) })
	context.AfterFunc(serving, func() {
		_, _ = web.Close(), mails.Close()
		// A server knows its listener only once it serves, which may be after this.
		_, _ = smtpListener.Close(), httpListener.Close()
	})
	if err := group.Wait(); ctx.Err() == nil {
		return err
	}
	return nil
}
