package activities_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/mail"
	"relink/internal/plaid"
)

func TestDecide_errorBecomesARetryDecision(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		err  error
		want decision
	}{
		"throttled": {
			&fault{text: "plaid: RATE_LIMIT", throttled: true, wait: 7 * time.Minute},
			decision{Type: "Throttled", Wait: 7 * time.Minute, Benign: true},
		},
		"throttled without a time": {
			&fault{text: "plaid: RATE_LIMIT", throttled: true},
			decision{Type: "Throttled", Wait: 30 * time.Second, Benign: true},
		},
		"throttled and final": {
			&fault{text: "plaid: RATE_LIMIT", throttled: true, wait: time.Second, ours: true, final: true},
			decision{Type: "Throttled", Wait: time.Second, Benign: true},
		},
		"our own": {
			&fault{text: "plaid: INVALID_API_KEYS", ours: true},
			decision{Type: "OurFault", Wait: 5 * time.Minute},
		},
		"our own, though the same request will be refused": {
			&fault{text: "plaid: MISSING_FIELDS", ours: true, final: true},
			decision{Type: "OurFault", Wait: 5 * time.Minute},
		},
		"final":         {&fault{text: "plaid: INVALID_FIELD", final: true}, decision{Type: "Refused", Final: true}},
		"nothing known": {&fault{text: "plaid: INTERNAL_SERVER_ERROR"}, decision{Type: "TryAgain"}},
		"no fault":      {errors.New("connection reset"), decision{Type: "TryAgain"}},
		"out of time":   {context.DeadlineExceeded, decision{Type: "TryAgain"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := activities.NewPlaid(refuses(fmt.Errorf("get item: %w", c.err)), tokens(enrolled))
			_, _, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
			require.Equal(t, c.want, decisionOf(t, err))
			require.ErrorContains(t, err, c.err.Error(), "operators see why")
			requireNoSecret(t, err.Error())
		})
	}
}

func TestDecide_onlyOurOwnFaultRaisesAnAlert(t *testing.T) {
	t.Parallel()
	for _, f := range []*fault{{text: "ours", ours: true}, {text: "theirs", throttled: true}, {text: "final", final: true}, {text: "odd"}} {
		p := activities.NewPlaid(refuses(f), tokens(enrolled))
		_, log, err := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
		require.Error(t, err)
		require.Equal(t, f.ours, len(log.alerts()) == 1, f.text)
		for _, line := range log.lines {
			requireNoSecret(t, line)
		}
	}
}

// The ports are filled by adapters that do not know them, so no compiler checks that decide understands their errors.
func TestDecide_understandsPlaidsErrors(t *testing.T) {
	t.Parallel()
	for want, err := range map[decision]*plaid.Error{
		{Type: "Throttled", Wait: 9 * time.Second, Benign: true}: {
			Type: "RATE_LIMIT_EXCEEDED", Code: "ITEM_GET_LIMIT", Status: http.StatusTooManyRequests, RetryAfter: 9 * time.Second,
		},
		{Type: "OurFault", Wait: 5 * time.Minute}: {Type: "INVALID_INPUT", Code: "INVALID_API_KEYS", Status: http.StatusBadRequest},
		{Type: "Refused", Final: true}:            {Type: "INVALID_INPUT", Code: "INVALID_FIELD", Status: http.StatusBadRequest},
		{Type: "TryAgain"}:                        {Type: "API_ERROR", Code: "INTERNAL_SERVER_ERROR", Status: http.StatusInternalServerError},
	} {
		p := activities.NewPlaid(refuses(err), tokens(enrolled))
		_, _, got := perform[item.PlaidStatus](t, p, p.AskPlaid, activities.Ask{ItemID: itemID})
		require.Equal(t, want, decisionOf(t, got))
	}
}

func TestDecide_understandsTheMailServersRefusals(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, s *mailSetup) {
		s.server = &mail.Refused{Stage: mail.StageRecipient, Code: 450, Enhanced: "4.2.2", Detail: "mailbox full"}
		_, err := s.send(t, reminder, 0)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
		require.Zero(t, s.store.slot(reminder).failed)

		s.server = &mail.Refused{Stage: mail.StageRecipient, Code: 550, Enhanced: "5.1.1", Permanent: true, Detail: "no such user"}
		sent, err := s.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailFailed, sent.Outcome)
		require.Equal(t, s.server.Error(), s.store.slot(reminder).failure)
	})
}
