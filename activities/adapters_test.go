package activities_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/mail"
	"relink/internal/plaid"
)

// The ports are filled by adapters that do not know them, so no compiler sees that their errors are understood.

func TestPlaidsErrorsAreUnderstood(t *testing.T) {
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

func TestTheMailServersRefusalsAreUnderstood(t *testing.T) {
	t.Parallel()
	at(t, func(t *testing.T, d *desk) {
		d.server = &mail.Refused{Stage: mail.StageRecipient, Code: 450, Enhanced: "4.2.2", Detail: "mailbox full"}
		_, err := d.send(t, reminder, 0)
		require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
		require.Zero(t, d.book.slot(reminder).failed)

		d.server = &mail.Refused{Stage: mail.StageRecipient, Code: 550, Enhanced: "5.1.1", Permanent: true, Detail: "no such user"}
		sent, err := d.send(t, reminder, 0)
		require.NoError(t, err)
		require.Equal(t, item.MailFailed, sent.Outcome)
		require.Equal(t, d.server.Error(), d.book.slot(reminder).failure)
	})
}
