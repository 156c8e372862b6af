package mail

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"

	"relink/internal/mailing"
)

// Refused says why a mail was not handed over. Its text is safe to store: it holds no mail address, no link, no
// password and no person's name. It does not unwrap to the server's own reply, which often quotes the address.
type Refused struct {
	Stage Stage
	// Code is the server's reply code, such as 550. It is 0 if the server did not reply.
	Code int
	// Enhanced is the finer code of RFC 3463, such as "5.1.1". It is empty if the server gave none.
	Enhanced string
	// Permanent means that no server will ever accept this mail: its content is unusable, or the server replied 5xx to its
	// recipient or its content. Connection trouble, 4xx and every refusal of ourselves (TLS, sign-in, sender) are
	// temporary. They affect all mails, and a rotated password must not cost a merchant the reminder.
	Permanent bool
	// Detail is the reply of the server or the error of the network, without secrets.
	Detail string

	ended error // context.Canceled or context.DeadlineExceeded
}

func (r *Refused) Error() string {
	words := []string{"mail not handed over, at " + string(r.Stage) + ":"}
	if r.Code != 0 {
		words = append(words, fmt.Sprint(r.Code))
	}
	for _, w := range []string{r.Enhanced, r.Detail} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, " ")
}

// Unwrap returns context.Canceled or context.DeadlineExceeded if our side ended the attempt, else nil.
func (r *Refused) Unwrap() error { return r.ended }

// Undeliverable reports whether no server will ever accept this mail. Activities recognise such an error by this
// method.
func (r *Refused) Undeliverable() bool { return r.Permanent }

// BadAddress reports whether the recipient's address or its mailbox is the cause. Only the server's own code shows it
// (RFC 3463, sections 3.2 and 3.3): a refusal without such a code may be about us, because of a block list for example.
func (r *Refused) BadAddress() bool { return r.Permanent && badAddress.MatchString(r.Enhanced) }

// badAddress does not match 5.1.7 and 5.1.8, which are about the sender's address.
var badAddress = regexp.MustCompile(`^5\.(1\.([0-69]|10)|2\.\d{1,3})$`)

// enhancedCode matches the finer code that RFC 2034 puts at the start of a reply's text.
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// refusal turns the error of a stage into a Refused that holds none of the secrets.
func refusal(ctx context.Context, stage Stage, err error, secrets []string) *Refused {
	r := &Refused{Stage: stage}
	text := err.Error()
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		r.Code, text = reply.Code, reply.Msg
		r.Enhanced = enhancedCode.FindString(text)
		text = strings.TrimSpace(strings.TrimPrefix(text, r.Enhanced))
		r.Permanent = reply.Code >= 500 && (stage == StageRecipient || stage == StageContent)
	} else if r.ended = endedBy(ctx, err); r.ended != nil {
		text = "ended before the server replied" // we closed the connection: the network's own error would mislead
	}
	r.Detail = scrub(text, secrets)
	return r
}

// endedBy returns the context's error if our side ended the attempt, else nil. A dial may detect the deadline before
// the context does.
func endedBy(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// secrets returns words that a server may repeat and that an error must not hold.
func (s *server) secrets(n mailing.Content) []string {
	address := n.Merchant.Email
	local, _, _ := strings.Cut(address, "@")
	words := append(strings.Fields(n.Merchant.ContactName), address, local, s.user, s.password)
	for _, secret := range []string{n.DeepLink, n.Unsubscribe} {
		words = append(words, secret)
		if link, err := url.Parse(secret); err == nil && link.Path != "" {
			words = append(words, path.Base(link.Path))
		}
	}
	return words
}

const (
	longestDetail = 160
	longestWord   = 40 // longer ones are ids, links or encoded addresses, which mean nothing to a reader
	removed       = "…"
)

// scrub keeps the plain words of a server's reply. It removes addresses in any spelling, links and the secrets.
func scrub(text string, secrets []string) string {
	var kept []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		if revealing(strings.ToLower(word), secrets) {
			word = removed
		}
		if word == removed && len(kept) > 0 && kept[len(kept)-1] == removed {
			continue
		}
		kept = append(kept, word)
	}
	clean := []rune(strings.Join(kept, " "))
	return string(clean[:min(len(clean), longestDetail)])
}

// revealing reports whether a word, in lower case, may be or hold a secret.
func revealing(word string, secrets []string) bool {
	if len(word) > longestWord {
		return true
	}
	for _, mark := range []string{"@", "%40", "=40", "://", "www."} {
		if strings.Contains(word, mark) {
			return true
		}
	}
	bare := strings.TrimFunc(word, unicode.IsPunct)
	for _, secret := range secrets {
		secret = strings.ToLower(secret)
		if secret != "" && (bare == secret || len(secret) >= 4 && strings.Contains(word, secret)) {
			return true
		}
	}
	return false
}
