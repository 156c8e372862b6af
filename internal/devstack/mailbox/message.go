package mailbox

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxDepth bounds multiparts within multiparts.
const maxDepth = 10

// message is one mail, read as far as it can be read: a mailbox keeps broken mails as well.
type message struct {
	ID      string // ours
	Read    bool
	Created time.Time // when it came
	Raw     []byte    // as it came

	MessageID  string // without angle brackets
	ReturnPath string // the envelope's sender
	Username   string
	From       *mail.Address
	To         []*mail.Address
	Cc         []*mail.Address
	Bcc        []*mail.Address // recipients that the header does not name
	ReplyTo    []*mail.Address
	Subject    string
	Date       time.Time // of the header, else when it came
	Headers    map[string][]string

	Text        string
	HTML        string
	Inline      []attachment
	Attachments []attachment
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
	msg := readMessage(env, raw)
	msg.ID, msg.Created = id, created
	if msg.Date.IsZero() {
		msg.Date = created
	}
	return msg
}

func readMessage(env envelope, raw []byte) *message {
	msg := &message{Raw: raw, ReturnPath: env.from, Username: env.username, Headers: map[string][]string{}}
	parsed, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		msg.Bcc = unnamed(env.to, nil)
		msg.Text = toUTF8(raw, "utf-8")
		return msg
	}
	header := parsed.Header
	msg.Headers = header
	msg.MessageID = strings.Trim(strings.TrimSpace(header.Get("Message-Id")), "<>")
	msg.Subject = decodeHeader(header.Get("Subject"))
	if date, err := header.Date(); err == nil {
		msg.Date = date
	}
	if from := addresses(header, "From"); len(from) > 0 {
		msg.From = from[0]
	}
	msg.To, msg.Cc, msg.ReplyTo = addresses(header, "To"), addresses(header, "Cc"), addresses(header, "Reply-To")
	msg.Bcc = unnamed(env.to, slices.Concat(msg.To, msg.Cc))
	msg.readPart(textproto.MIMEHeader(header), parsed.Body, "1", 0)
	return msg
}

// readPart files one part under what it is. A part that cannot be decoded keeps what could be.
func (msg *message) readPart(header textproto.MIMEHeader, body io.Reader, id string, depth int) {
	mediaType, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		mediaType, params = "text/plain", nil
	}
	if strings.HasPrefix(mediaType, "multipart/") && depth < maxDepth {
		parts := multipart.NewReader(body, params["boundary"])
		for n := 1; ; n++ {
			part, err := parts.NextRawPart()
			if err != nil {
				return // io.EOF, or the rest is broken
			}
			msg.readPart(part.Header, part, id+"."+strconv.Itoa(n), depth+1)
		}
	}
	content, _ := io.ReadAll(decoded(body, header.Get("Content-Transfer-Encoding")))
	disposition, dispositionParams, _ := mime.ParseMediaType(header.Get("Content-Disposition"))
	switch {
	case disposition != "attachment" && mediaType == "text/plain" && msg.Text == "":
		msg.Text = strings.ReplaceAll(toUTF8(content, params["charset"]), "\r\n", "\n")
	case disposition != "attachment" && mediaType == "text/html" && msg.HTML == "":
		msg.HTML = strings.ReplaceAll(toUTF8(content, params["charset"]), "\r\n", "\n")
	default:
		a := attachment{
			PartID:      id,
			FileName:    decodeHeader(cmp.Or(dispositionParams["filename"], params["name"])),
			ContentType: mediaType,
			ContentID:   strings.Trim(header.Get("Content-Id"), "<>"),
			Size:        len(content),
		}
		if disposition == "inline" || a.ContentID != "" {
			msg.Inline = append(msg.Inline, a)
		} else {
			msg.Attachments = append(msg.Attachments, a)
		}
	}
}

func decoded(r io.Reader, encoding string) io.Reader {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	default:
		return r
	}
}

// toUTF8 knows UTF-8, ASCII and Latin-1; of other charsets, the bytes that are no UTF-8 become
// the replacement character.
func toUTF8(content []byte, charset string) string {
	switch strings.ToLower(charset) {
	case "iso-8859-1", "latin1":
		runes := make([]rune, len(content))
		for i, b := range content {
			runes[i] = rune(b)
		}
		return string(runes)
	default:
		return strings.ToValidUTF8(string(content), "\uFFFD")
	}
}

func decodeHeader(s string) string {
	text, err := new(mime.WordDecoder).DecodeHeader(s)
	if err != nil {
		text = s
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}

// addresses reads an address header; one that cannot be read becomes a single address with all
// of it, so that nothing is hidden.
func addresses(header mail.Header, name string) []*mail.Address {
	raw := header.Get(name)
	if raw == "" {
		return nil
	}
	parser := mail.AddressParser{WordDecoder: new(mime.WordDecoder)}
	list, err := parser.ParseList(raw)
	if err != nil {
		return []*mail.Address{{Address: decodeHeader(raw)}}
	}
	return list
}

// unnamed are the envelope's recipients that the header does not name, as mailpit shows Bcc.
func unnamed(recipients []string, named []*mail.Address) []*mail.Address {
	var rest []*mail.Address
	for _, recipient := range recipients {
		isNamed := slices.ContainsFunc(named, func(a *mail.Address) bool { return strings.EqualFold(a.Address, recipient) })
		if !isNamed {
			rest = append(rest, &mail.Address{Address: recipient})
		}
	}
	return rest
}
