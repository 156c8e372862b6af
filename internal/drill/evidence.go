package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/blackbox"
)

// evidence is what a merchant's only Item says of itself, and what is in the merchant's mailbox.
type evidence struct {
	item      string
	incidents int        // opened, by the timeline
	sent      []sentMail // by the timeline
	received  []string   // Message-IDs in the mailbox; byte-identical copies count once
	expectation
}

// sentMail is a mail that was sent, by an Item's timeline or by relink's claims.
type sentMail struct {
	kind, messageID string
}

func (e evidence) count(kind string) (n int) {
	for _, m := range e.sent {
		if m.kind == kind {
			n++
		}
	}
	return n
}

func (e evidence) knows(messageID string) bool {
	return slices.ContainsFunc(e.sent, func(m sentMail) bool { return m.messageID == messageID })
}

// pending reports that time may still bring what is missing: a mail that is owed or on its way, or the note of one.
func (e evidence) pending() bool {
	onItsWay := func(m sentMail) bool { return !slices.Contains(e.received, m.messageID) }
	unnoted := func(id string) bool { return !e.knows(id) }
	return slices.ContainsFunc(e.sent, onItsWay) || slices.ContainsFunc(e.received, unnoted) ||
		(e.owed && e.count("reminder") == 0) || e.count("reconnected") < e.thanks
}

// wrong names every mail too many and every one missing. A step of an incident has one Message-ID, which stands in the
// timeline: any other one in the mailbox is the second for a step.
func (e evidence) wrong() []string {
	var wrong []string
	complain := func(format string, args ...any) {
		wrong = append(wrong, "item "+e.item+": "+fmt.Sprintf(format, args...))
	}
	for i, m := range e.sent {
		if slices.ContainsFunc(e.sent[:i], func(before sentMail) bool { return before.messageID == m.messageID }) {
			complain("its timeline has mail %s twice", m.messageID)
		}
	}
	for i, id := range e.received {
		switch {
		case slices.Contains(e.received[:i], id):
			complain("mail %s came twice with other bytes", id)
		case !e.knows(id):
			complain("mail %s is in no timeline", id)
		}
	}
	for _, m := range e.sent {
		if !slices.Contains(e.received, m.messageID) {
			complain("mail %s is in its timeline and not in the mailbox", m.messageID)
		}
	}
	if n := e.count("reminder"); n > e.incidents {
		complain("%d reminders of %d incidents within minutes", n, e.incidents)
	}
	if n := e.count("reminder"); e.owed && n != 1 {
		complain("broken once, and %d reminders", n)
	}
	if n := e.count("reconnected"); n != e.thanks {
		complain("%d thanks, want %d", n, e.thanks)
	}
	return wrong
}

// addClaims adds to the timeline's mails those that are in the mailbox and otherwise only in the claims: the worker
// died between handing a mail over and noting it, and the Item was well before the mail could be tried again. It
// returns how many there were.
func (e *evidence) addClaims(claims []sentMail) (unnoted int) {
	for _, c := range claims {
		if !e.knows(c.messageID) && slices.Contains(e.received, c.messageID) {
			e.sent = append(e.sent, c)
			unnoted++
		}
	}
	return unnoted
}

// claims reads relink's table of mails, by Item: claimed for a step, whether they went out or not.
func (r *run) claims(ctx context.Context) (map[string][]sentMail, error) {
	all := map[string][]sentMail{}
	var id string
	var one sentMail
	rows, _ := r.DB.Query(ctx, `SELECT item_id, kind, message_id FROM mails`) // the rows have its error
	_, err := pgx.ForEachRow(rows, []any{&id, &one.kind, &one.messageID}, func() error {
		all[id] = append(all[id], one)
		return nil
	})
	return all, err
}

// evidence reads the timelines of all Items and the mailboxes of their owners.
func (r *run) evidence(ctx context.Context) ([]evidence, error) {
	byAddress, err := r.mailboxes(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]evidence, len(r.items))
	err = blackbox.ForEach(ctx, len(all), func(ctx context.Context, i int) error {
		e := evidence{item: r.items[i].ID, expectation: r.expect(i)}
		timeline, err := r.Client.Timeline(ctx, e.item)
		for _, entry := range timeline {
			switch entry.What {
			case "incident_opened":
				e.incidents++
			case "mail_sent":
				var data struct {
					Kind      string `json:"kind"`
					MessageID string `json:"message_id"`
				}
				err = errors.Join(err, json.Unmarshal(entry.Data, &data))
				e.sent = append(e.sent, sentMail{kind: data.Kind, messageID: data.MessageID})
			}
		}
		if err != nil {
			return fmt.Errorf("read the timeline of item %s: %w", e.item, err)
		}
		mails, err := r.distinct(ctx, byAddress[r.owners[i].Email])
		for _, m := range mails {
			e.received = append(e.received, m.MessageID)
		}
		all[i] = e
		return err
	})
	return all, err
}

// distinct leaves out copies of a mail that are the same to the byte. A mail server may get one twice, when the process
// that handed it over died before it read the answer.
func (r *run) distinct(ctx context.Context, mails []blackbox.Mail) (distinct []blackbox.Mail, err error) {
	if len(mails) < 2 {
		return mails, nil
	}
	seen := map[string]bool{}
	for _, m := range mails {
		raw, err := r.Client.RawMail(ctx, m.ID)
		if err != nil {
			return nil, fmt.Errorf("read mail %s: %w", m.ID, err)
		}
		if !seen[raw] {
			distinct = append(distinct, m)
		}
		seen[raw] = true
	}
	return distinct, nil
}

// judgeMails judges the evidence once nothing is pending any more. With claims, a mail that is only in relink's claims
// counts as one in a timeline. judgeMails returns all incidents and mails as one, and how many were in claims alone.
func (r *run) judgeMails(ctx context.Context, patience time.Duration, withClaims bool) (sum evidence, unnoted int, err error) {
	var all []evidence
	err = r.poll(ctx, "items whose mails are missing", patience, func(ctx context.Context) (left int, err error) {
		var claims map[string][]sentMail
		if all, err = r.evidence(ctx); err == nil && withClaims {
			claims, err = r.claims(ctx)
		}
		unnoted = 0
		for i := range all {
			unnoted += all[i].addClaims(claims[all[i].item])
			if all[i].pending() {
				left++
			}
		}
		return left, err
	})
	var wrong []string
	for _, e := range all {
		wrong = append(wrong, e.wrong()...)
		sum.incidents += e.incidents
		sum.sent, sum.received = append(sum.sent, e.sent...), append(sum.received, e.received...)
	}
	r.none("mails too many, missing or under a second Message-ID", wrong)
	return sum, unnoted, err
}

// Errors that Items have at Plaid.
const (
	loginRequired = "ITEM_LOGIN_REQUIRED"
	noAccounts    = "NO_ACCOUNTS"
	locked        = "ITEM_LOCKED"
)

// meanings are what relink calls those errors, and none.
var meanings = map[string]struct{ state, cause string }{
	"":            {"connected", ""},
	loginRequired: {"login_required", "credentials"},
	noAccounts:    {"login_required", "accounts_missing"},
	locked:        {"login_required", "bank_action"},
}

// differs returns a complaint unless relink has an Item as Plaid has it: in the error of that code, or well.
func differs(it blackbox.Item, code string) string {
	want := meanings[code]
	if it.State == want.state && it.Cause == want.cause {
		return ""
	}
	return fmt.Sprintf("item %s is %s %s, want %s %s", it.ID, it.State, it.Cause, want.state, want.cause)
}

// judgeStates asks relink about all Items at once until it says of each what Plaid says.
func (r *run) judgeStates(ctx context.Context, patience time.Duration) error {
	var wrong []string
	err := r.poll(ctx, "items not in Plaid's state", patience, func(ctx context.Context) (int, error) {
		found := make([]string, len(r.items))
		err := blackbox.ForEach(ctx, len(found), func(ctx context.Context, i int) error {
			it, err := r.Client.Item(ctx, r.items[i].ID)
			found[i] = differs(it, r.expect(i).code)
			return err
		})
		wrong = slices.DeleteFunc(found, func(complaint string) bool { return complaint == "" })
		return len(wrong), err
	})
	if err != nil {
		return err
	}
	r.figure(float64(len(r.items)-len(wrong)), "items in Plaid's state")
	r.none("items not in Plaid's state", wrong)
	return nil
}
