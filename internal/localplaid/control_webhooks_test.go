package localplaid_test

import (
	"bytes"
	"net/http"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"

	"relink/internal/localplaid/contract"
)

// fired is the answer of /control/fire.
type fired struct {
	Statuses   []int
	Deliveries []struct {
		ID       string
		RepeatOf string `json:"repeat_of"`
	}
}

func (b *rig) fire(fields map[string]any) fired {
	b.t.Helper()
	var got fired
	require.Equal(b.t, 200, b.post("/control/fire", fields, &got))
	return got
}

func TestControlFire_signsAsAsked(t *testing.T) {
	t.Parallel()
	b := setup(t)
	accessToken, itemID := b.newItem(platypus, b.receiver.url)
	fire := func(sign string) received {
		b.receiver.answer(http.StatusUnauthorized)
		answer := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR", "sign": sign})
		require.Equal(t, []int{http.StatusUnauthorized}, answer.Statuses, "fire answers what the receiver answered")
		all := b.receiver.all()
		return all[len(all)-1]
	}
	require.Empty(t, fire("none").token)
	_, kid, err := b.verify(fire("wrong"))
	require.Error(t, err)
	var current struct{ Kid string }
	b.get("/control/webhook-key", &current)
	require.Equal(t, current.Kid, kid, "a wrong signature claims the right key")
	issued, _, err := b.verify(fire("stale"))
	require.NoError(t, err, "a stale webhook is stale, not forged")
	require.Greater(t, b.clock.Now().Sub(issued), 5*time.Minute)
	issued, _, err = b.verify(fire("good"))
	require.NoError(t, err)
	require.True(t, b.clock.Now().Equal(issued))
	require.Empty(t, b.itemError(accessToken), "firing changes no Item")

	var log struct {
		Webhooks []struct {
			Sign        string
			NextAttempt *time.Time `json:"next_attempt"`
		}
	}
	b.get("/control/webhooks?item_id="+itemID, &log)
	for _, hook := range log.Webhooks {
		require.Equal(t, hook.Sign == "good", hook.NextAttempt != nil, "only a well-signed webhook is worth a retry: %s", hook.Sign)
	}
}

func TestControlFire_repeatIsTheSameTokenAndBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	first := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	b.clock.advance(2 * time.Minute)
	again := b.fire(map[string]any{"repeat_of": first.Deliveries[0].ID, "times": 2})
	require.Equal(t, []int{200, 200}, again.Statuses)
	require.Equal(t, first.Deliveries[0].ID, again.Deliveries[0].RepeatOf)
	separate := b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	require.Empty(t, separate.Deliveries[0].RepeatOf)
	got := b.receiver.all()
	require.Len(t, got, 4)
	require.Equal(t, got[0], got[1])
	require.Equal(t, got[0], got[2])
	require.Equal(t, got[0].body, got[3].body, "two genuine events may have the same body ...")
	require.NotEqual(t, got[0].token, got[3].token, "... but never the same token")
}

func TestControlFire_signsEachSendingByItself(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	answer := b.fire(map[string]any{"item_id": itemID, "webhook_code": "LOGIN_REPAIRED", "times": 3, "delay_ms": 1})
	require.Equal(t, []int{200, 200, 200}, answer.Statuses)
	tokens := map[string]bool{}
	for _, got := range b.receiver.all() {
		tokens[got.token] = true
	}
	require.Len(t, tokens, 3)
}

func TestControlKey_keepsTheOldKeyAndExpiresIt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	var before, after struct{ Kid string }
	b.get("/control/webhook-key", &before)
	b.clock.advance(time.Hour)
	require.Equal(t, 200, b.post("/control/key", map[string]any{}, &after))
	require.NotEqual(t, before.Kid, after.Kid)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})

	got := b.receiver.all()
	_, oldKid, err := b.verify(got[0])
	require.NoError(t, err)
	require.Equal(t, before.Kid, oldKid)
	_, newKid, err := b.verify(got[1])
	require.NoError(t, err)
	require.Equal(t, after.Kid, newKid)
	old, _, err := b.api.WebhookVerificationKeyGet(t.Context()).
		WebhookVerificationKeyGetRequest(*plaid.NewWebhookVerificationKeyGetRequest(oldKid)).
		Execute()
	require.NoError(t, err)
	require.EqualValues(t, b.clock.Now().Unix(), *old.Key.ExpiredAt.Get())
}

func TestControlSign_handsOutWhatPlaidWouldSendAndSendsNothing(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, itemID := b.newItem(platypus, b.receiver.url)
	_, otherItem := b.newItem(platypus, b.receiver.url+"/other")
	var signed []struct{ Token, Body, URL string }
	require.Equal(t, 200, b.post("/control/sign", map[string]any{"webhooks": []map[string]any{
		{"item_id": itemID, "webhook_type": "ITEM", "webhook_code": "ERROR"},
		{"item_id": otherItem, "webhook_code": "PENDING_DISCONNECT", "fields": map[string]any{"reason": "<INSTITUTION_MIGRATION>"}},
		{"item_id": itemID, "webhook_type": "TRANSACTIONS", "webhook_code": "SYNC_UPDATES_AVAILABLE"},
		{"item_id": itemID, "webhook_code": "ERROR"},
	}}, &signed))
	require.Len(t, signed, 4)
	for _, got := range signed {
		issued, _, err := b.verify(received{token: got.Token, body: []byte(got.Body)})
		require.NoError(t, err)
		require.True(t, b.clock.Now().Equal(issued))
	}
	for _, got := range []int{0, 2, 3} {
		contract.Webhook(t, []byte(signed[got].Body))
		require.Equal(t, b.receiver.url, signed[got].URL)
		require.Contains(t, signed[got].Body, itemID)
	}
	require.Equal(t, b.receiver.url+"/other", signed[1].URL)
	require.Contains(t, signed[1].Body, otherItem)
	require.Equal(t, signed[0].Body, signed[3].Body)
	require.NotEqual(t, signed[0].Token, signed[3].Token, "each is a webhook of its own")
	require.Empty(t, b.deliveries(""))

	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	require.Equal(t, signed[0].Body, string(b.receiver.wait(t, 1).body), "the same as /control/fire sends")
	require.Len(t, b.receiver.all(), 1)
}

func TestControlSign_refusesWhatItCannotMake(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	_, itemID := b.newItem(platypus, b.receiver.url)
	_, silent := b.newItem(platypus, "")
	good := map[string]any{"item_id": itemID, "webhook_code": "ERROR"}
	many := make([]map[string]any, 20_001)
	for i := range many {
		many[i] = good
	}
	for name, test := range map[string]struct {
		webhooks []map[string]any
		status   int
	}{
		"none":               {nil, http.StatusBadRequest},
		"too many":           {many, http.StatusBadRequest},
		"one of nobody":      {[]map[string]any{good, {"item_id": "nobody", "webhook_code": "ERROR"}}, http.StatusNotFound},
		"one without a code": {[]map[string]any{good, {"item_id": itemID}}, http.StatusBadRequest},
		"one without a URL":  {[]map[string]any{good, {"item_id": silent, "webhook_code": "ERROR"}}, http.StatusBadRequest},
		"a misspelled field": {[]map[string]any{{"item_id": itemID, "code": "ERROR"}}, http.StatusBadRequest},
	} {
		require.Equal(t, test.status, b.post("/control/sign", map[string]any{"webhooks": test.webhooks}, nil), name)
	}
	require.Equal(t, http.StatusBadRequest, b.post("/control/signing", map[string]any{"retries": "never"}, nil))
	require.Equal(
		t,
		http.StatusBadRequest,
		b.post("/control/fire", map[string]any{"item_id": itemID, "webhook_code": "ERROR", "retries": "never"}, nil),
	)
}

func TestControlSigning_decidesHowRetriesAreSigned(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		setting string // of /control/signing
		fired   string // of /control/fire
		same    bool
	}{
		"anew by default":             {},
		"the same when told":          {setting: "same", same: true},
		"the same for one webhook":    {fired: "same", same: true},
		"anew for one webhook":        {setting: "same", fired: "anew"},
		"anew when told, as it would": {setting: "anew"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			_, itemID := b.newItem(platypus, b.receiver.url)
			if test.setting != "" {
				require.Equal(t, 200, b.post("/control/signing", map[string]any{"retries": test.setting}, nil))
			}
			b.receiver.answer(http.StatusServiceUnavailable)
			fire := map[string]any{"item_id": itemID, "webhook_code": "ERROR"}
			if test.fired != "" {
				fire["retries"] = test.fired
			}
			b.fire(fire)
			for attempts := 2; attempts <= 4; attempts++ {
				b.advance(b.attempted(itemID, attempts-1).NextAttempt.Sub(b.now()))
				b.attempted(itemID, attempts)
			}
			got := b.receiver.all()
			for _, retry := range got[1:] {
				require.Equal(t, got[0].body, retry.body)
				if test.same {
					require.Equal(t, got[0].token, retry.token)
				} else {
					require.NotEqual(t, got[0].token, retry.token)
				}
			}
		})
	}
}

func TestControlSigning_outlivesARestart(t *testing.T) {
	t.Parallel()
	before := newRig(t, dataFile(t))
	_, itemID := before.newItem(platypus, before.receiver.url)
	_, otherItem := before.newItem(platypus, before.receiver.url)
	before.receiver.answer(http.StatusServiceUnavailable)
	before.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	before.fire(map[string]any{"item_id": otherItem, "webhook_code": "ERROR", "retries": "anew"})
	require.Equal(t, 200, before.post("/control/signing", map[string]any{"retries": "same"}, nil))

	after := before.restart()
	after.run()
	after.advance(30 * time.Second)
	after.attempted(itemID, 2)
	after.attempted(otherItem, 2)
	tokens := map[string][]string{}
	for _, got := range after.receiver.all() {
		for _, id := range []string{itemID, otherItem} {
			if bytes.Contains(got.body, []byte(id)) {
				tokens[id] = append(tokens[id], got.token)
			}
		}
	}
	require.Equal(t, tokens[itemID][0], tokens[itemID][1])
	require.NotEqual(t, tokens[otherItem][0], tokens[otherItem][1], "what /control/fire said holds")
}
