package mail

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"

	gomail "github.com/wneessen/go-mail"

	"relink/internal/mailing"
	"relink/internal/wording"
)

//go:embed templates
var templates embed.FS

// messageID matches what may stand between the angle brackets of a Message-ID: one line, no spaces, an @ in the middle.
var messageID = regexp.MustCompile(`^[!-;=?A-~]+@[!-;=?A-~]+$`)

// Render returns the whole message with its headers. The same content gives the same bytes in every process: the
// Message-ID and the date are the content's, and the MIME boundary is derived from the Message-ID.
func (m *Mailer) Render(n mailing.Content) ([]byte, error) {
	if !messageID.MatchString(n.MessageID) {
		return nil, errors.New("the mail's content has no usable Message-ID")
	}
	if n.ThreadID != "" && !messageID.MatchString(n.ThreadID) {
		return nil, errors.New("the mail's content has a thread without a usable Message-ID")
	}
	if n.Date.IsZero() {
		return nil, errors.New("the mail's content has no date")
	}
	to, err := recipient(n)
	if err != nil {
		return nil, err
	}
	l, err := composer{wording.For(n.Merchant.Locale)}.compose(n, m.sender())
	if err != nil {
		return nil, err
	}
	var text, html bytes.Buffer
	if err := m.text.Execute(&text, l); err != nil {
		return nil, fmt.Errorf("render text part: %w", err)
	}
	if err := m.html.Execute(&html, l); err != nil {
		return nil, fmt.Errorf("render html part: %w", err)
	}

	// The library would name itself and its version, and every update would change the bytes.
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary(boundary(n.MessageID)))
	if err := message.SetAddrHeader(gomail.HeaderFrom, m.from.String()); err != nil {
		return nil, errors.New("sender cannot stand in a header")
	}
	if err := message.SetAddrHeader(gomail.HeaderTo, to); err != nil {
		return nil, errors.New("the merchant's mail address cannot stand in a header")
	}
	message.SetMessageIDWithValue(n.MessageID)
	message.SetDateWithValue(n.Date.UTC())
	message.Subject(l.Subject)
	message.SetGenHeader(gomail.HeaderContentLang, l.Lang)
	// These keep vacation replies away: the first for programs that follow RFC 3834, the second for Exchange.
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetGenHeader("X-Auto-Response-Suppress", "All")
	if n.ThreadID != "" {
		message.SetGenHeader(gomail.HeaderInReplyTo, "<"+n.ThreadID+">")
		message.SetGenHeader(gomail.HeaderReferences, "<"+n.ThreadID+">")
	}
	if l.StopLink != "" { // RFC 8058: the mail program itself POSTs List-Unsubscribe=One-Click there
		// It is not folded, since an address may be long. There is one such header only: the library does not order several.
		message.SetGenHeaderPreformatted(gomail.HeaderListUnsubscribe, "<"+l.StopLink+">")
		message.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	message.SetBodyString(gomail.TypeTextPlain, text.String())
	message.AddAlternativeString(gomail.TypeTextHTML, html.String())

	var out bytes.Buffer
	if _, err := message.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("write message: %w", err)
	}
	return out.Bytes(), nil
}

// sender returns the sender's name as a reader sees it.
func (m *Mailer) sender() string {
	if m.from.Name != "" {
		return m.from.Name
	}
	return m.from.Address
}

// boundary returns the line that separates the MIME parts. It is a hash, so that it does not occur in the parts by
// chance.
func boundary(messageID string) string {
	sum := sha256.Sum256([]byte("mime boundary of " + messageID))
	return "relink-" + hex.EncodeToString(sum[:16])
}
