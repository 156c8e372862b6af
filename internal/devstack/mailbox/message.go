package mailbox

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	gomessage "github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset" // it registers the charsets
	"github.com/emersion/go-message/mail"
)

// head is what the list of mails and a mail of mailpit's API have in common. Its names and kinds are mailpit's,
// capitals included. Source: https://mailpit.axllent.org/docs/api-v1/.
type head struct {
	ID        string // ours
	MessageID string // without angle brackets
	From      *mail.Address
	To        []*mail.Address
	Cc        []*mail.Address
	Bcc       []*mail.Address // recipients that the header does not name
	ReplyTo   []*mail.Address
	Subject   string
	Username  string // as authenticated
	Tags      []string
	Size      int
}

// message is one mail, read as far as it can be read: a mailbox keeps broken mails as well. Its JSON is mailpit's.
type message struct {
	head
	ReturnPath      string // the envelope's sender
	ListUnsubscribe unsubscribe
	Date            time.Time // of the header, or else when it came
	Text            string
	HTML            string
	Inline          []attachment
	Attachments     []attachment

	Read    bool                `json:"-"`
	Created time.Time           `json:"-"` // when it came
	raw     []byte              // as it came
	headers map[string][]string // by canonical name
}

type unsubscribe struct {
	Header     string
	Links      []string
	Errors     string
	HeaderPost string
}

// attachment is a part that is neither the text nor the HTML of a mail.
type attachment struct {
	PartID      string
	FileName    string
	ContentType string
	ContentID   string
	Size        int // decoded, in bytes
}

// newMessage reads a mail that came at the given time.
func newMessage(id string, created time.Time, env envelope, raw []byte) *message {
	msg := &message{
		head:       head{ID: id, Username: env.Username, Tags: []string{}, Size: len(raw)},
		ReturnPath: env.From, Date: created, Inline: []attachment{}, Attachments: []attachment{}, Created: created, raw: raw,
	}
	entity, _ := gomessage.Read(bytes.NewReader(raw)) // an error is in the entity's own parts too
	if entity == nil {                                // it has no header: all of it is text
		entity, msg.Text = &gomessage.Entity{}, valid(string(raw))
	}
	header := &mail.Header{Header: entity.Header}
	msg.headers = header.Map()
	msg.MessageID = strings.Trim(strings.TrimSpace(header.Get("Message-Id")), "<>")
	msg.Subject = text(header, "Subject")
	if date, err := header.Date(); err == nil && !date.IsZero() {
		msg.Date = date
	}
	if from := addresses(header, "From"); len(from) > 0 {
		msg.From = from[0]
	}
	msg.To, msg.Cc, msg.ReplyTo = addresses(header, "To"), addresses(header, "Cc"), addresses(header, "Reply-To")
	msg.Bcc = unnamed(env.To, slices.Concat(msg.To, msg.Cc))
	stop := header.Get("List-Unsubscribe")
	msg.ListUnsubscribe = unsubscribe{Header: stop, Links: links(stop), HeaderPost: header.Get("List-Unsubscribe-Post")}
	if entity.Body != nil {
		_ = entity.Walk(msg.addPart) // an error means that the rest is broken
	}
	return msg
}

// addPart files one part under what it is. Of a part that cannot be decoded it keeps what can.
func (msg *message) addPart(path []int, part *gomessage.Entity, err error) error {
	if part == nil {
		return err
	}
	mediaType, _, err := part.Header.ContentType()
	if err != nil {
		mediaType = "text/plain"
	}
	if strings.HasPrefix(mediaType, "multipart/") {
		return nil // its parts follow
	}
	raw, _ := io.ReadAll(part.Body)
	content := strings.ReplaceAll(valid(string(raw)), "\r\n", "\n")
	disposition, _, _ := part.Header.ContentDisposition()
	contentID := strings.Trim(part.Header.Get("Content-Id"), "<>")
	switch {
	case disposition != "attachment" && mediaType == "text/plain" && msg.Text == "":
		msg.Text = content
		return nil
	case disposition != "attachment" && mediaType == "text/html" && msg.HTML == "":
		msg.HTML = content
		return nil
	}
	id := "1"
	for _, n := range path {
		id += "." + strconv.Itoa(n+1)
	}
	name, _ := (&mail.AttachmentHeader{Header: part.Header}).Filename()
	a := attachment{PartID: id, FileName: valid(name), ContentType: mediaType, ContentID: contentID, Size: len(raw)}
	if disposition == "inline" || contentID != "" {
		msg.Inline = append(msg.Inline, a)
	} else {
		msg.Attachments = append(msg.Attachments, a)
	}
	return nil
}

// valid replaces the bytes that are no UTF-8.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// text returns a header with its encoded words in UTF-8, as far as they can be read.
func text(header *mail.Header, name string) string {
	s, _ := header.Text(name)
	return valid(s)
}

// addresses reads an address header. If it cannot, it returns one address with the whole text, so that nothing is
// hidden.
func addresses(header *mail.Header, name string) []*mail.Address {
	list, err := header.AddressList(name)
	if err != nil {
		return []*mail.Address{{Address: text(header, name)}}
	}
	return append([]*mail.Address{}, list...) // an empty list, not null, in JSON
}

// unnamed returns the envelope's recipients that the header does not name, which mailpit shows as Bcc.
func unnamed(recipients []string, named []*mail.Address) []*mail.Address {
	rest := []*mail.Address{}
	for _, recipient := range recipients {
		if !slices.ContainsFunc(named, func(a *mail.Address) bool { return strings.EqualFold(a.Address, recipient) }) {
			rest = append(rest, &mail.Address{Address: recipient})
		}
	}
	return rest
}

// links returns the addresses in angle brackets of a List-Unsubscribe header.
func links(header string) []string {
	found := []string{}
	for part := range strings.SplitSeq(header, ",") {
		if link := strings.TrimSpace(part); strings.HasPrefix(link, "<") && strings.HasSuffix(link, ">") {
			found = append(found, strings.Trim(link, "<>"))
		}
	}
	return found
}
