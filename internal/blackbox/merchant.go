package blackbox

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Mail is a mail in the mailbox.
type Mail struct {
	ID        string    `json:"ID"`
	MessageID string    `json:"MessageID"`
	Created   time.Time `json:"Created"` // when it arrived; only in lists
	Subject   string    `json:"Subject"`
	To        []struct {
		Address string `json:"Address"`
	} `json:"To"`
	Text string `json:"Text"`
	HTML string `json:"HTML"`
}

// AllMails lists every mail in the mailbox, oldest first, without their texts.
func (w Client) AllMails(ctx context.Context) ([]Mail, error) {
	list, err := fetch[struct{ Messages []Mail }](ctx, "GET", w.Mailbox+"/api/v1/messages?limit=100000", "", nil)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	slices.Reverse(list.Messages)
	return list.Messages, nil
}

// Mails lists what came for an address, oldest first, each mail whole.
func (w Client) Mails(ctx context.Context, address string) ([]Mail, error) {
	all, err := w.AllMails(ctx)
	if err != nil {
		return nil, err
	}
	var mine []Mail
	for _, m := range all {
		if len(m.To) > 0 && m.To[0].Address == address {
			whole, err := w.Mail(ctx, m.ID)
			if err != nil {
				return nil, err
			}
			mine = append(mine, whole)
		}
	}
	return mine, nil
}

// Mail reads a mail whole, by its ID in the mailbox.
func (w Client) Mail(ctx context.Context, id string) (Mail, error) {
	return fetch[Mail](ctx, "GET", w.Mailbox+"/api/v1/message/"+id, "", nil)
}

// RawMail reads a mail byte for byte.
func (w Client) RawMail(ctx context.Context, id string) (string, error) {
	return fetch[string](ctx, "GET", w.Mailbox+"/api/v1/message/"+id+"/raw", "", nil)
}

// AwaitMail waits for the nth mail to an address, counted from 1.
func (w Client) AwaitMail(ctx context.Context, address string, nth int) (Mail, error) {
	var mails []Mail
	err := Await(ctx, fmt.Sprintf("mail %d to the merchant", nth), func(ctx context.Context) (_ bool, err error) {
		mails, err = w.Mails(ctx, address)
		return len(mails) >= nth, err
	})
	if err != nil {
		return Mail{}, err
	}
	return mails[nth-1], nil
}

var deepLink = regexp.MustCompile(`https?://[^\s"<>]+/relink/[A-Za-z0-9_-]+`)

var errNoDeepLink = errors.New("the mail holds no deep link")

// DeepLink finds the deep link in a mail's text.
func (m Mail) DeepLink() (string, error) {
	link := deepLink.FindString(m.Text)
	if link == "" {
		return "", errNoDeepLink
	}
	return link, nil
}

// Page opens a deep link, which has no effect.
func Page(ctx context.Context, link string) (html string, err error) {
	return fetch[string](ctx, "GET", link, "", nil)
}

var connectionOnPage = regexp.MustCompile(`<[a-z]+ [^>]*\bdata-connection\b[^>]*>`)

// Connections returns the state of each Item on a deep link's page, by its id.
func Connections(html string) map[string]string {
	all := map[string]string{}
	for _, tag := range connectionOnPage.FindAllString(html, -1) {
		all[attribute(tag, "data-item-id")] = attribute(tag, "data-state")
	}
	return all
}

func attribute(tag, name string) string {
	_, rest, _ := strings.Cut(tag, " "+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return value
}

// Mint presses the page's button and returns the update-mode link token.
func Mint(ctx context.Context, link, itemID string) (linkToken string, err error) {
	minted, err := fetch[tokens](ctx, "POST", link+"/link-token", "", map[string]any{"item_id": itemID})
	return minted.LinkToken, err
}

// Standing is relink's answer to the page after Link.
type Standing struct {
	State    string `json:"state"`
	Cause    string `json:"cause"`
	Incident int    `json:"incident"`
}

// Complete reports a finished Link, as the page does.
func Complete(ctx context.Context, link, itemID, linkSessionID string) (Standing, error) {
	return fetch[Standing](ctx, "POST", link+"/complete", "", map[string]any{"item_id": itemID, "link_session_id": linkSessionID})
}

// Exit reports a Link that ended without success, as the page does.
func Exit(ctx context.Context, link, itemID string, r LinkResult) error {
	in := map[string]any{"item_id": itemID, "link_session_id": r.Metadata.LinkSessionID, "status": r.Metadata.Status}
	if r.Error != nil {
		in["error_code"] = r.Error.Code
	}
	return Call(ctx, "POST", link+"/exit", "", in, nil)
}
