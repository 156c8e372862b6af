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

	"relink/internal/item"
)

// Refused is why a mail was not handed over. Its text is safe to store: no mail address, no link, no password, no
// person's name. It does not unwrap to the server's own answer, which often quotes the address.
type Refused struct {
	Stage Stage
	// Code is the server's reply, 550; 0 when it did not answer.
	Code int
	// Enhanced is the finer code of RFC 3463, "5.1.1"; empty when the server gave none.
	Enhanced string
	// Permanent means that this mail will never be taken: the notice is unusable, or the server answered 5xx to its
	// recipient or its content. Connection trouble, 4xx, and every refusal of ourselves (TLS, sign-in, sender) are
	// temporary: those hit all mails alike, and a rotated password must not cost a merchant the reminder.
	Permanent bool
	// Detail is what the server or the network said, cleaned.
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

// Unwrap answers context.Canceled or context.DeadlineExceeded when our side ended it, else nil.
func (r *Refused) Unwrap() error { return r.ended }

// Undeliverable reports that this mail will never be taken; it is how activities recognise it.
func (r *Refused) Undeliverable() bool { return r.Permanent }

// BadAddress reports that the recipient's address, or its mailbox, is the trouble: the server's own code says so (RFC 3463,
// section 3.2 and 3.3). Without such a code a refusal may be about us, a block list for example.
func (r *Refused) BadAddress() bool { return r.Permanent && badAddress.MatchString(r.Enhanced) }

// badAddress leaves out 5.1.7 and 5.1.8, which are about the sender's address.
var badAddress = regexp.MustCompile(`^5\.(1\.([0-69]|10)|2\.\d{1,3})$`)

// enhancedCode is how RFC 2034 puts a finer code at the start of a reply's text.
var enhancedCode = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}\b`)

// refusal turns what went wrong at a stage into a Refused, without the secrets.
func refusal(ctx context.Context, stage Stage, err error, secrets []string) *Refused {
	r := &Refused{Stage: stage}
	text := err.Error()
	if reply, ok := errors.AsType[*textproto.Error](err); ok {
		r.Code, text = reply.Code, reply.Msg
		r.Enhanced = enhancedCode.FindString(text)
		text = strings.TrimSpace(strings.TrimPrefix(text, r.Enhanced))
		r.Permanent = reply.Code >= 500 && (stage == StageRecipient || stage == StageContent)
	} else if r.ended = endedBy(ctx, err); r.ended != nil {
		text = "ended before the server answered" // the connection was closed under it: the network's own words mislead
	}
	r.Detail = scrub(text, secrets)
	return r
}

// endedBy tells our own impatience from the server's trouble. A dial may notice the deadline before the context does.
func endedBy(ctx context.Context, err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

// secrets are words that a server may echo and that must not stand in an error.
func (s *server) secrets(n item.Notice) []string {
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
	longestWord   = 40 // longer ones are ids, links or encoded addresses, and say nothing to a reader
	removed       = "…"
)

// scrub keeps the plain words of a server's answer: no address in any spelling, no link, none of the secrets.
func scrub(text string, secrets []string) string {
	var kept []string
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		if telling(strings.ToLower(word), secrets) {
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

func telling(word string, secrets []string) bool {
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
