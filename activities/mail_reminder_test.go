package activities_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/deeplink"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/policy"
)

func TestSendMail_deepLinkOpensToMerchantSlotAndExpiry(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.Mail = s.with(t, activities.MailOptions{PublicURL: options.PublicURL + "/", Domain: options.Domain})
		_, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		token, ok := strings.CutPrefix(s.handed[0].DeepLink, "https://relink.example.com/relink/")
		require.True(t, ok, s.handed[0].DeepLink)
		grant, err := signer(t).Parse(token, time.Now())
		require.NoError(t, err)
		require.Equal(t, deeplink.Grant{
			MerchantID: "m_1", Slot: reminder.DedupKey(itemID), Expires: time.Now().UTC().Truncate(time.Second).Add(7 * 24 * time.Hour),
		}, grant)
	})
}

func TestSendMail_recentAnswerIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		sent, err := s.send(t, reminder, time.Minute)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		require.Empty(t, s.asked)
	})
}

func TestSendMail_oldAnswerIsAskedForAgainBeforeAReminder(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		status item.PlaidStatus
		mail   bool
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
			at(t, func(t *testing.T, s *mailSetup) {
				s.says = says(c.status)
				sent, err := s.send(t, reminder, time.Minute+time.Second)
				require.NoError(t, err)
				require.Equal(t, []bool{true}, s.asked, "accounts that are no longer shared count too")
				if c.mail {
					require.Equal(t, item.MailSent, sent.Outcome)
					require.Len(t, s.handed, 1)
					return
				}
				require.Equal(t, activities.Sent{Outcome: item.MailUnneeded}, sent)
				require.Nil(t, s.store.slot(reminder), "claimed")
				require.Empty(t, s.handed)
			})
		})
	}
}

func TestSendMail_withoutAnAnswerSendsNoReminder(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.says = refuses(&fault{text: "plaid: RATE_LIMIT", throttled: true, wait: 40 * time.Second})
		_, err := s.send(t, reminder, time.Hour)
		require.Equal(t, decision{Type: "Throttled", Wait: 40 * time.Second, Benign: true}, decisionOf(t, err))
		require.Nil(t, s.store.slot(reminder))
		require.Empty(t, s.handed)
	})
}

func TestSendMail_thanksAskNobodyAndHoldNoDeepLink(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		sent, err := s.SendMail(t.Context(), activities.Send{ItemID: itemID, Mail: thanks}) // AnsweredAt: never
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		require.Empty(t, s.asked)
		require.Equal(t, item.Reconnected, s.handed[0].Kind)
		require.Empty(t, s.handed[0].DeepLink)
	})
}

func TestSendMail_isHeldWhileNobodyCanLogInAtTheBank(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.down = true
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailHeld, sent.Outcome)
		require.Equal(t, time.Now().UTC().Add(15*time.Minute), sent.Until)
		require.Equal(t, "nobody can log in at First Platypus Bank now", sent.Why)
		require.Nil(t, s.store.slot(reminder), "nothing is claimed")
		sent, err = s.send(t, thanks, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome, "thanks ask for nothing")
	})
}

func TestSendMail_retryInTheNightIsHeldUntilTheMorning(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.policy.Everybody.Quiet = policy.Quiet{From: 18 * 60, To: 8 * 60} // it is 19:00 in New York
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailHeld, sent.Outcome)
		require.Equal(t, "2000-01-01T13:00:00Z", sent.Until.Format(time.RFC3339))
		asked := reminder
		asked.SendNow = true
		sent, err = s.send(t, asked, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome, "a person of ours may send it at night")
	})
}

func TestSendMail_heldByTheClaimIsNotHandedOver(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.store.held = item.Hold{Until: time.Now().Add(time.Hour), Why: "paused: a drill"}
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailHeld, sent.Outcome)
		require.Equal(t, "paused: a drill", sent.Why)
		require.Empty(t, s.handed)
		require.Equal(t, policy.Policy(s.policy).Guard(s.policy.Everybody), s.store.guards[0], "the claim gets the limits of the policy")
	})
}

func TestSendMail_expiryIsStillAheadThoughPlaidNamesNoError(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		expires := item.MailRef{Kind: item.Expires, Incident: 3, Step: 1}
		s.says = says(item.PlaidStatus{})
		sent, err := s.send(t, expires, time.Hour)
		require.NoError(t, err)
		require.Equal(t, item.MailSent, sent.Outcome)
		s.says = says(item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"})
		expires.Step = 2
		sent, err = s.send(t, expires, time.Hour)
		require.NoError(t, err)
		require.Equal(t, item.MailUnneeded, sent.Outcome, "it is broken by now, which another mail is about")
	})
}

func TestSendMail_suppressedAddressGetsNothing(t *testing.T) {
	t.Parallel()
	for _, mail := range []item.MailRef{reminder, thanks} {
		at(t, func(t *testing.T, s *mailSetup) {
			s.store.suppressed = mailing.Complained
			sent, err := s.send(t, mail, 0)
			require.NoError(t, err, "an error would be retried")
			require.Equal(t, activities.Sent{Outcome: item.MailSuppressed, Why: mailing.Complained.Sentence()}, sent)
			require.Empty(t, s.handed)
		})
	}
}

func TestSendMail_reminderHoldsTheUnsubscribeLink(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		_, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		token, ok := strings.CutPrefix(s.handed[0].Unsubscribe, "https://relink.example.com/unsubscribe/")
		require.True(t, ok)
		merchant, err := signer(t).ParseUnsubscribe(token)
		require.NoError(t, err)
		require.Equal(t, "m_1", merchant)
		_, err = s.send(t, thanks, 0)
		require.NoError(t, err)
		require.Empty(t, s.handed[1].Unsubscribe)
	})
}
