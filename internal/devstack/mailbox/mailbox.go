package mailbox

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"go.uber.org/zap"
	"golang.org/x/sync/errgroup"
)

// Mailbox keeps every mail it was sent, also several with one Message-ID. It is safe for
// concurrent use.
type Mailbox struct {
	logger *zap.Logger

	keeping sync.Mutex // one mail at a time, so that the files have the order of messages
	folder  *folder    // nil: memory only

	mu       sync.Mutex
	messages []*message // oldest first
	refusal  refusal
	refused  int
}

// Options: the zero value works.
type Options struct {
	// Dir keeps each mail in a file of its own, written before the mail is accepted, so that a
	// mailbox started again on it has them all, in their order and under their ids, though all
	// unread. It is made where it is missing, with mode 0700, and belongs to one Mailbox at a
	// time. Empty: mails are in memory only.
	Dir string
	// Logger is told of each mail kept or refused, and of files in Dir that cannot be read; default none.
	Logger *zap.Logger
}

// New makes an empty mailbox; what is in Dir comes back when it is served.
func New(opts Options) *Mailbox {
	if opts.Logger == nil {
		opts.Logger = zap.NewNop()
	}
	m := &Mailbox{logger: opts.Logger}
	if opts.Dir != "" {
		m.folder = &folder{dir: opts.Dir, logger: opts.Logger}
	}
	return m
}

// refusal is the answer to the next deliveries, while times lasts.
type refusal struct {
	answer smtp.SMTPError
	times  int
}

// Refuse has the next deliveries answered with code (400 to 599) after their content was read,
// times in all; nothing of them is kept. Enhanced is "4.2.0" or the like, and empty for the
// code's class. Times 0 ends a refusal.
func (m *Mailbox) Refuse(code int, enhanced, text string, times int) error {
	if times < 0 {
		return errors.New("refuse: times must not be negative")
	}
	if code < 400 || code > 599 {
		return fmt.Errorf("refuse: code %d is no refusal (400 to 599)", code)
	}
	if strings.ContainsAny(text, "\r\n") {
		return errors.New("refuse: message must be one line")
	}
	status, err := enhancedCode(code, enhanced)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refusal = refusal{answer: smtp.SMTPError{Code: code, EnhancedCode: status, Message: text}, times: times}
	return nil
}

// Refused is how many deliveries have been refused so far.
func (m *Mailbox) Refused() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused
}

func enhancedCode(code int, enhanced string) (smtp.EnhancedCode, error) {
	if enhanced == "" {
		return smtp.EnhancedCodeNotSet, nil
	}
	var status smtp.EnhancedCode
	digits := strings.Split(enhanced, ".")
	if len(digits) != len(status) {
		return smtp.EnhancedCode{}, fmt.Errorf("refuse: enhanced code %q is not of the form 4.2.0", enhanced)
	}
	for i, digit := range digits {
		n, err := strconv.ParseUint(digit, 10, 10)
		if err != nil {
			return smtp.EnhancedCode{}, fmt.Errorf("refuse: enhanced code %q is not of the form 4.2.0", enhanced)
		}
		status[i] = int(n)
	}
	if status[0] != code/100 {
		return smtp.EnhancedCode{}, fmt.Errorf("refuse: enhanced code %q does not fit code %d", enhanced, code)
	}
	return status, nil
}

// deliver keeps a mail, or answers the refusal that is due.
func (m *Mailbox) deliver(envelope envelope, raw []byte) error {
	msg := newMessage(rand.Text(), time.Now().UTC(), envelope, raw)
	if answer := m.takeRefusal(); answer != nil {
		m.logger.Info("mail refused", zap.String("message_id", msg.MessageID), zap.Int("smtp_code", answer.Code))
		return answer
	}
	if err := m.keep(msg, envelope); err != nil {
		m.logger.Error("mail not kept", zap.String("message_id", msg.MessageID), zap.Error(err))
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "the mail could not be stored"}
	}
	m.logger.Info("mail kept", zap.String("mail", msg.ID), zap.String("message_id", msg.MessageID))
	return nil
}

// takeRefusal answers nil when none is due.
func (m *Mailbox) takeRefusal() *smtp.SMTPError {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refusal.times == 0 {
		return nil
	}
	m.refusal.times--
	m.refused++
	answer := m.refusal.answer
	return &answer
}

func (m *Mailbox) keep(msg *message, envelope envelope) error {
	m.keeping.Lock()
	defer m.keeping.Unlock()
	if m.folder != nil {
		if err := m.folder.write(msg, envelope); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = append(m.messages, msg)
	return nil
}

// recall takes the mails of the folder for those the mailbox has.
func (m *Mailbox) recall() error {
	if m.folder == nil {
		return nil
	}
	m.keeping.Lock()
	defer m.keeping.Unlock()
	messages, err := m.folder.read()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.messages = messages
	return nil
}

// page answers limit messages from start on, newest first, and how many there are.
func (m *Mailbox) page(start, limit int) (page []message, total, unread int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, msg := range slices.Backward(m.messages) {
		if !msg.Read {
			unread++
		}
		if place := len(m.messages) - 1 - i; place >= start && len(page) < limit {
			page = append(page, *msg)
		}
	}
	return page, len(m.messages), unread
}

// find answers the message with the id, or the newest for "latest", and marks it read.
func (m *Mailbox) find(id string) (message, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, msg := range slices.Backward(m.messages) {
		if msg.ID == id || id == "latest" {
			msg.Read = true
			return *msg, true
		}
	}
	return message{}, false
}

// Serve takes up what is in Dir, then answers SMTP and HTTP on the two listeners until ctx ends,
// then closes both and answers nil. A client in the middle of a delivery is cut off, and will
// deliver again.
func (m *Mailbox) Serve(ctx context.Context, smtpListener, httpListener net.Listener) error {
	if err := m.recall(); err != nil {
		return errors.Join(err, smtpListener.Close(), httpListener.Close())
	}
	mailServer := m.smtpServer()
	webServer := &http.Server{
		Handler:           m.Handler(),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      10 * time.Second,
		IdleTimeout:       time.Minute,
		ErrorLog:          zap.NewStdLog(m.logger),
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error {
		if err := mailServer.Serve(smtpListener); err != nil && ctx.Err() == nil {
			return fmt.Errorf("serve SMTP: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		if err := webServer.Serve(httpListener); !errors.Is(err, http.ErrServerClosed) {
			return fmt.Errorf("serve mailbox over HTTP: %w", err)
		}
		return nil
	})
	group.Go(func() error {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		if err := webServer.Shutdown(grace); err != nil {
			_ = webServer.Close() // who still holds a connection loses it
		}
		_ = mailServer.Close()
		// The server knows its listener only once it serves; both may come too early for that.
		_ = smtpListener.Close()
		_ = httpListener.Close()
		return nil
	})
	return group.Wait()
}
