package activities_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/deeplink"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
	"relink/internal/vault"
)

var (
	reminder = item.MailRef{Kind: item.Reminder, Incident: 3, Step: 1}
	thanks   = item.MailRef{Kind: item.Reconnected, Incident: 3}
	options  = activities.MailOptions{PublicURL: "https://relink.example.com", Domain: "mail.example.com"}
)

func signer(t *testing.T) *deeplink.Signer {
	t.Helper()
	s, err := deeplink.NewSigner(bytes.Repeat([]byte{7}, 32))
	require.NoError(t, err)
	return s
}

// desk is a Mail with everything around it. The bank must not be asked unless the test says what it answers.
type desk struct {
	*activities.Mail
	book   *mailbook
	handed []mailing.Content
	server error // what the mail server answers
	asked  []bool
	says   bank
	down   bool // nobody can log in at the bank
	rule   rule
}

// at runs the test at a desk in a synctest bubble, whose clock stands still unless the test waits.
func at(t *testing.T, test func(t *testing.T, d *desk)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{book: newMailbook(), rule: plain()}
		d.Mail = d.with(t, options)
		<-time.After(1500 * time.Millisecond) // a bubble begins at a whole second
		test(t, d)
	})
}

// with is the same desk under other options, as after a deploy.
func (d *desk) with(t *testing.T, opts activities.MailOptions) *activities.Mail {
	t.Helper()
	return activities.NewMail(activities.MailDeps{
		Sender: postbox(func(_ context.Context, n mailing.Content) error {
			d.handed = append(d.handed, n)
			return d.server
		}),
		Store: d.book,
		Plaid: bank(func(ctx context.Context, token vault.Sealed, accounts bool) (item.PlaidStatus, error) {
			d.asked = append(d.asked, accounts)
			require.NotNil(t, d.says, "Plaid was asked")
			require.Equal(t, sealed, token)
			return d.says(ctx, token, accounts)
		}),
		Logins: branch(func(id string) (bool, error) {
			require.Equal(t, "ins_109508", id)
			return d.down, nil
		}),
		Policies: &d.rule, Links: signer(t),
	}, opts)
}

// send sends a letter after an answer of Plaid's that is this old.
func (d *desk) send(t *testing.T, letter item.MailRef, age time.Duration) (activities.Sent, error) {
	t.Helper()
	return d.SendMail(t.Context(), activities.Send{ItemID: itemID, Mail: letter, AnsweredAt: time.Now().Add(-age)})
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	require.NoError(t, err)
	return string(text)
}

func TestAReminderIsClaimedHandedOverAndMarked(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Len(t, d.handed, 1)
		n := d.handed[0]
		require.Equal(t, activities.Sent{Outcome: item.MailSent, MessageID: n.MessageID}, sent)
		require.Equal(t, item.Reminder, n.Kind)
		require.Equal(t, address, n.Merchant.Email)
		require.Len(t, n.Connections, 1)
		require.True(t, n.Date.Equal(time.Now().Truncate(time.Second)))
		require.True(t, d.book.slot(reminder).sent.Equal(time.Now()))
		require.Zero(t, d.book.slot(reminder).failure)
	})
}

func TestTheDeepLinkOpensToMerchantSlotAndExpiry(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.Mail = d.with(t, activities.MailOptions{PublicURL: options.PublicURL + "/", Domain: options.Domain})
		_, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		token, ok := strings.CutPrefix(d.handed[0].DeepLink, "https://relink.example.com/relink/")
		require.True(t, ok, d.handed[0].DeepLink)
		grant, err := signer(t).Parse(token, time.Now())
		require.NoError(t, err)
		require.Equal(t, deeplink.Grant{
			MerchantID: "m_1", Slot: reminder.DedupKey(itemID), Expires: time.Now().UTC().Truncate(time.Second).Add(7 * 24 * time.Hour),
		}, grant)
	})
}

func TestASlotIsHandedOverOnce(t *testing.T) {
	t.Parallel()
	for _, letter := range []item.MailRef{reminder, thanks} {
		at(t, func(t *testing.T, d *desk) {
			first, err := d.send(t, letter, 0)
			require.NoError(t, err)
			again, err := d.send(t, letter, 0)
			require.NoError(t, err)
			require.Equal(t, first, again)
			require.Len(t, d.handed, 1)

			_, err = d.send(t, item.MailRef{Kind: letter.Kind, Incident: 4, Step: letter.Step}, 0)
			require.NoError(t, err)
			require.Len(t, d.handed, 2, "another incident is another mail")
		})
	}
}

func TestACrashBeforeTheMarkHandsOverTheSameBytesAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.book.endFails = []error{errors.New("postgres: connection reset")}
		_, err := d.send(t, reminder, 0)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
		require.Zero(t, d.book.slot(reminder).sent)

		// Meanwhile: hours pass, the merchant moves, and a deploy changes the mails' domain.
		<-time.After(3*time.Hour + 123*time.Millisecond)
		d.book.merchant.Email = "new@bluebottle.example"
		d.Mail = d.with(t, activities.MailOptions{PublicURL: options.PublicURL, Domain: "other.example.com"})
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Len(t, d.handed, 2)
		require.NotEmpty(t, d.handed[0].DeepLink)
		require.Equal(t, asJSON(t, d.handed[0]), asJSON(t, d.handed[1]))
		require.Equal(t, activities.Sent{Outcome: item.MailSent, MessageID: d.handed[0].MessageID}, sent)
		require.False(t, d.book.slot(reminder).sent.IsZero())

		_, err = d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Len(t, d.handed, 2)
	})
}

func TestAnUndeliverableMailIsRecordedAndNotTriedAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.server = errors.Join(bounce("550 5.1.1 no such mailbox"))
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err, "an error would be retried")
		require.Equal(t, item.MailFailed, sent.Outcome)
		mail := d.book.slot(reminder)
		require.True(t, mail.badAddress)
		require.True(t, mail.failed.Equal(time.Now()))
		require.Equal(t, "550 5.1.1 no such mailbox", mail.failure)
		require.Zero(t, mail.sent)

		d.server = nil
		again, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, sent, again)
		require.Len(t, d.handed, 1)
	})
}

func TestATemporaryRefusalMarksNothingAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.server = errors.New("451 4.7.1 greylisted")
		_, err := d.send(t, reminder, 0)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
		mail := d.book.slot(reminder)
		require.Zero(t, mail.sent)
		require.Zero(t, mail.failed)

		d.server = nil
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		require.Equal(t, asJSON(t, d.handed[0]), asJSON(t, d.handed[1]))
	})
}

func TestAFreshAnswerIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		sent, err := d.send(t, reminder, time.Minute)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		require.Empty(t, d.asked)
	})
}

func TestAStaleAnswerIsAskedForAgainBeforeAReminder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		truth item.PlaidStatus
		mail  bool
	}{
		"still broken":           {item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}, true},
		"consent withdrawn":      {item.PlaidStatus{ErrorCode: "USER_PERMISSION_REVOKED"}, true},
		"healthy":                {item.PlaidStatus{}, false},
		"the bank is down":       {item.PlaidStatus{ErrorCode: "INSTITUTION_DOWN"}, false},
		"a code of tomorrow":     {item.PlaidStatus{ErrorCode: "SOMETHING_NEW"}, false},
		"plaid knows it no more": {item.PlaidStatus{Gone: true}, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at(t, func(t *testing.T, d *desk) {
				d.says = says(c.truth)
				sent, err := d.send(t, reminder, time.Minute+time.Second)
				require.NoError(t, err)
				require.Equal(t, []bool{true}, d.asked, "accounts that are no longer shared count too")
				if c.mail {
					require.Equal(t, item.MailSent, sent.Outcome)
					require.Len(t, d.handed, 1)
					return
				}
				require.Equal(t, activities.Sent{Outcome: item.MailUnneeded}, sent)
				require.Nil(t, d.book.slot(reminder), "claimed")
				require.Empty(t, d.handed)
			})
		})
	}
}

func TestWithoutAnAnswerNobodyIsReminded(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.says = refuses(&fault{text: "plaid: RATE_LIMIT", throttled: true, wait: 40 * time.Second})
		_, err := d.send(t, reminder, time.Hour)
		require.Equal(t, decision{Type: "Throttled", Wait: 40 * time.Second, Benign: true}, decisionOf(t, err))
		require.Nil(t, d.book.slot(reminder))
		require.Empty(t, d.handed)
	})
}

func TestThanksAskNobodyAndHoldNoDeepLink(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		sent, err := d.SendMail(t.Context(), activities.Send{ItemID: itemID, Mail: thanks}) // AnsweredAt: never
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		require.Empty(t, d.asked)
		require.Equal(t, item.Reconnected, d.handed[0].Kind)
		require.Empty(t, d.handed[0].DeepLink)
	})
}

func TestNobodyIsMailedForAnUnknownItem(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		_, err := d.SendMail(t.Context(), activities.Send{ItemID: "nobody", Mail: thanks})
		require.Equal(t, decision{Type: "UnknownItem", Final: true}, decisionOf(t, err))
		require.Empty(t, d.handed)
	})
}

func TestAMessageIDIsAFunctionOfTheSlotAlone(t *testing.T) {
	t.Parallel()
	id := func(t *testing.T, id item.ID, letter item.MailRef, later time.Duration, change func(d *desk)) string {
		var sent activities.Sent
		at(t, func(t *testing.T, d *desk) {
			change(d)
			<-time.After(later)
			var err error
			sent, err = d.SendMail(t.Context(), activities.Send{ItemID: id, Mail: letter, AnsweredAt: time.Now()})
			require.NoError(t, err)
			require.Equal(t, sent.MessageID, d.handed[0].MessageID)
		})
		return sent.MessageID
	}
	nothing := func(*desk) {}
	seen := map[string]item.MailRef{}
	for _, letter := range []item.MailRef{
		reminder, thanks, {Kind: item.Reminder, Incident: 3, Step: 2}, {Kind: item.Reminder, Incident: 4, Step: 1}, {Kind: item.Reconnected, Incident: 4},
	} {
		for _, of := range []item.ID{itemID, "itm_2"} {
			first := id(t, of, letter, 0, nothing)
			require.NotContains(t, seen, first)
			seen[first] = letter
			require.Regexp(t, `^[0-9a-f]{16,}@mail\.example\.com$`, first)
			require.Equal(t, first, id(t, of, letter, 1000*time.Hour, func(d *desk) {
				d.book.merchant = enrolment.Merchant{ID: "m_2", Email: "somebody@example.org"}
			}))
		}
	}
}

func TestAMailIsHeldWhileNobodyCanLogInAtTheBank(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.down = true
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailHeld, sent.Outcome)
		require.Equal(t, time.Now().UTC().Add(15*time.Minute), sent.Until)
		require.Equal(t, "nobody can log in at First Platypus Bank now", sent.Why)
		require.Nil(t, d.book.slot(reminder), "nothing is claimed")
		sent, err = d.send(t, thanks, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome, "thanks ask for nothing")
	})
}

func TestAMailThatIsTriedAgainInTheNightIsHeldUntilTheMorning(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.rule.Everybody.Quiet = policy.Quiet{From: 18 * 60, To: 8 * 60} // it is 19:00 in New York
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailHeld, sent.Outcome)
		require.Equal(t, "2000-01-01T13:00:00Z", sent.Until.Format(time.RFC3339))
		asked := reminder
		asked.SendNow = true
		sent, err = d.send(t, asked, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome, "a person of ours may")
	})
}

func TestWhatTheClaimHoldsIsNotHandedOver(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.book.held = item.Hold{Until: time.Now().Add(time.Hour), Why: "paused: a drill"}
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailHeld, sent.Outcome)
		require.Equal(t, "paused: a drill", sent.Why)
		require.Empty(t, d.handed)
		require.Equal(t, policy.Policy(d.rule).Guard(d.rule.Everybody), d.book.guards[0], "the claim knows the policy")
	})
}

func TestAnEndAheadIsStillAheadThoughPlaidNamesNoError(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		expires := item.MailRef{Kind: item.Expires, Incident: 3, Step: 1}
		d.says = says(item.PlaidStatus{})
		sent, err := d.send(t, expires, time.Hour)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		d.says = says(item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"})
		expires.Step = 2
		sent, err = d.send(t, expires, time.Hour)
		require.NoError(t, err)
		require.Equal(t, item.MailUnneeded, sent.Outcome, "it is broken by now: another mail's business")
	})
}

func TestARefusalOfTheMailIsNoTroubleOfTheAddress(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.server = bounce("554 5.7.1 looks like spam")
		_, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, "554 5.7.1 looks like spam", d.book.slot(reminder).failure)
		require.False(t, d.book.slot(reminder).badAddress)
	})
}

func TestNothingIsHandedOverForASuppressedAddress(t *testing.T) {
	t.Parallel()
	for _, letter := range []item.MailRef{reminder, thanks} {
		at(t, func(t *testing.T, d *desk) {
			d.book.suppressed = mailing.Complained
			sent, err := d.send(t, letter, 0)
			require.NoError(t, err, "an error would be retried")
			require.Equal(t, activities.Sent{Outcome: item.MailSuppressed, Why: mailing.Complained.Sentence()}, sent)
			require.Empty(t, d.handed)
		})
	}
}

func TestAReminderCarriesTheWayOutOfReminders(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		_, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		token, ok := strings.CutPrefix(d.handed[0].Unsubscribe, "https://relink.example.com/unsubscribe/")
		require.True(t, ok)
		merchant, err := signer(t).ParseUnsubscribe(token)
		require.NoError(t, err)
		require.Equal(t, "m_1", merchant)
		_, err = d.send(t, thanks, 0)
		require.NoError(t, err)
		require.Empty(t, d.handed[1].Unsubscribe)
	})
}
