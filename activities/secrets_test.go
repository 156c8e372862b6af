package activities_test

import (
	"context"
	"encoding/base64"
	"errors"
	"path"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"relink/activities"
	"relink/internal/enrolment"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/neighbour"
	"relink/internal/vault"
)

// requireNoSecret fails if text holds a secret of the set-up, plain or as JSON encodes bytes.
func requireNoSecret(t *testing.T, text string, more ...string) {
	t.Helper()
	for _, secret := range append(more, accessToken, contactName, address) {
		require.NotContains(t, text, secret)
		require.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(secret)))
		require.NotContains(t, text, base64.RawURLEncoding.EncodeToString([]byte(secret)))
	}
}

// history records what Temporal would keep: each encoded argument and result, and the text of each failure.
type history struct {
	converter.DataConverter
	mu    sync.Mutex
	texts []string
}

func (h *history) keep(text string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.texts = append(h.texts, text)
}

func (h *history) ToPayload(v any) (*commonpb.Payload, error) {
	p, err := h.DataConverter.ToPayload(v)
	h.keep(string(p.GetData()))
	return p, err
}

func (h *history) ToPayloads(vs ...any) (*commonpb.Payloads, error) {
	ps, err := h.DataConverter.ToPayloads(vs...)
	for _, p := range ps.GetPayloads() {
		h.keep(string(p.GetData()))
	}
	return ps, err
}

func TestActivities_leaveNoSecretInTheHistory(t *testing.T) {
	t.Parallel()
	var (
		h        = &history{DataConverter: converter.GetDefaultDataConverter()}
		log      journal
		mails    = newFakeMailStore()
		links    []string
		plaid    error
		server   error
		records  error
		status   item.PlaidStatus
		sent     = newOutbox()
		receives error
	)
	ask := fakePlaid(func(context.Context, vault.Sealed, bool) (item.PlaidStatus, error) { return status, plaid })
	sender := fakeSender(func(_ context.Context, n mailing.Content) error {
		if n.DeepLink != "" {
			links = append(links, n.DeepLink)
		}
		return server
	})
	life := item.Life{State: item.LoginRequired, Incident: 3, BrokenSince: broken}
	activitySets := []any{
		activities.NewPlaid(ask, tokens(enrolled)),
		activities.NewMail(activities.MailDeps{
			Sender: sender, Store: mails, Plaid: ask, Logins: fakeLogins(loginsWork), Policies: permissive(), Links: signer(t),
		}, options),
		activities.NewRecords(fakeStore{
			load: func(item.ID) (item.Ref, item.Life, error) {
				return item.Ref{ID: itemID, BusinessName: "Blue Bottle"}, life, records
			},
			record: func(item.ID, []item.Transition) error { return records },
			mails: func(item.ID, int, item.MailKind) (mailing.History, error) {
				return mailing.History{TimeZone: "America/New_York", Used: 1, LastUsed: broken}, records
			},
		}, permissive()),
		activities.NewSender(receiver(func(context.Context, neighbour.Message) error { return receives }), sent),
		activities.NewOutbox(sent),
	}

	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(&log)
	env := suite.NewTestActivityEnvironment().SetDataConverter(h)
	performed := map[string]bool{}
	perform := func(activity string, in any) {
		performed[activity] = true
		if _, err := env.ExecuteActivity(activity, in); err != nil {
			h.keep(err.Error())
		}
	}
	everything := func() {
		now := time.Now()
		perform("AskPlaid", activities.Ask{ItemID: itemID, Accounts: true})
		perform("SendMail", activities.Send{ItemID: itemID, Mail: reminder, AnsweredAt: now})
		perform("SendMail", activities.Send{ItemID: itemID, Mail: item.MailRef{Kind: item.Reminder, Incident: 3, Step: 2}}) // asks Plaid first
		perform("SendMail", activities.Send{ItemID: itemID, Mail: thanks})
		perform("RemoveItem", itemID)
		perform("AskPlaid", activities.Ask{ItemID: itemID, LinkedSince: broken})
		perform("LoadItem", itemID)
		perform("RecordTransitions", activities.Record{
			ItemID: itemID, Transitions: []item.Transition{{Incident: 3, Step: item.Opened, At: now}},
		})
		perform("SendMessage", activities.Delivery{Key: messageKey})
		perform("GiveUp", activities.Undelivered{Key: messageKey, Why: "platform: status 410"})
		perform("PlanReminder", activities.PlanFor{ItemID: itemID, Incident: 3, State: item.LoginRequired, BrokenSince: broken})
	}
	for _, set := range activitySets {
		env.RegisterActivity(set)
	}

	// First everything that can go wrong, so that mails are claimed, handed over and handed over again.
	for _, err := range []error{errors.New("connection reset"), &fault{text: "ours", ours: true}, &fault{text: "final", final: true}} {
		plaid, server, records, receives, sent.reads = err, err, err, err, err
		everything()
	}
	plaid, server, records, receives, sent.reads = nil, nil, nil, nil, nil
	sent.markFails = []error{errors.New("connection reset")}
	status = item.PlaidStatus{ErrorCode: "ITEM_LOGIN_REQUIRED"}
	mails.endFails = []error{errors.New("connection reset")}
	everything()
	everything()
	server = bounce("550 no such mailbox")
	bounced := item.MailRef{Kind: item.Reminder, Incident: 9, Step: 1}
	perform("SendMail", activities.Send{ItemID: itemID, Mail: bounced, AnsweredAt: time.Now()})

	for _, set := range activitySets {
		for m := range reflect.TypeOf(set).Methods() {
			require.True(t, performed[m.Name], "activity %s is not part of this test", m.Name)
		}
	}
	require.NotEmpty(t, links)
	require.Greater(t, len(h.texts), 50, "the history was not seen")
	require.Contains(t, strings.Join(h.texts, "\n"), `"outcome":"failed"`)
	for _, link := range links {
		for _, text := range append(h.texts, log.lines...) {
			requireNoSecret(t, text, link, path.Base(link), plaidsBody)
		}
	}
}

// TestActivities_haveNoTypeThatCanHoldASecret checks the types. A type that cannot hold a secret cannot leak it, even
// where the test above missed a call.
func TestActivities_haveNoTypeThatCanHoldASecret(t *testing.T) {
	t.Parallel()
	secret := map[reflect.Type]bool{}
	for _, v := range []any{vault.Sealed{}, enrolment.Merchant{}, mailing.Content{}, mailing.Claimed{}, neighbour.Message{}} {
		secret[reflect.TypeOf(v)] = true
	}
	var look func(at string, typ reflect.Type)
	look = func(at string, typ reflect.Type) {
		require.False(t, secret[typ], "%s is a %s", at, typ)
		switch typ.Kind() {
		case reflect.Struct:
			if typ == reflect.TypeFor[time.Time]() {
				return
			}
			for i := range typ.NumField() {
				look(at+"."+typ.Field(i).Name, typ.Field(i).Type)
			}
		case reflect.Slice, reflect.Array, reflect.Pointer, reflect.Map:
			require.NotEqual(t, reflect.Uint8, typ.Elem().Kind(), "%s holds bytes", at)
			look(at, typ.Elem())
		case reflect.Interface:
			require.Fail(t, at+" can hold anything")
		}
	}
	for _, set := range []any{&activities.Plaid{}, &activities.Mail{}, &activities.Records{}, &activities.Sender{}, &activities.Outbox{}} {
		for m := range reflect.TypeOf(set).Methods() {
			for i := 2; i < m.Type.NumIn(); i++ { // after the receiver and the context
				look(m.Name, m.Type.In(i))
			}
			for i := range m.Type.NumOut() - 1 { // before the error
				look(m.Name, m.Type.Out(i))
			}
		}
	}
}
