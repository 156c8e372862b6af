package localplaid_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func (b *rig) fault(path string, share float64, more map[string]any) {
	b.t.Helper()
	body := map[string]any{"path": path, "share": share}
	for name, value := range more {
		body[name] = value
	}
	require.Equal(b.t, 200, b.post("/control/fault", body, nil))
}

func TestFault_isAnsweredAsPlaidAnswersItsOwn(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	accessToken, itemID := b.newItem(platypus, "")
	get := func() error {
		_, _, err := b.api.ItemGet(t.Context()).ItemGetRequest(*plaid.NewItemGetRequest(accessToken)).Execute()
		return err
	}
	for status, want := range map[int][2]string{
		500: {"API_ERROR", "INTERNAL_SERVER_ERROR"},
		502: {"API_ERROR", "INTERNAL_SERVER_ERROR"},
		503: {"API_ERROR", "PLANNED_MAINTENANCE"},
		429: {"RATE_LIMIT_EXCEEDED", "RATE_LIMIT"},
	} {
		b.fault("/item/get", 1, map[string]any{"status": status})
		failure := plaidFailure(t, get())
		require.Equal(t, want, [2]string{string(failure.ErrorType), failure.ErrorCode})
		require.Equal(t, 1, b.calls("?path=/item/get&item_id="+itemID).status(status), "the call is counted for its Item")
	}
	_, _, err := b.api.ItemRemove(t.Context()).ItemRemoveRequest(*plaid.NewItemRemoveRequest(accessToken)).Execute()
	require.NoError(t, err, "another path is as ever")
	require.Equal(t, "INVALID_API_KEYS", plaidFailure(t, func() error {
		_, _, err := b.client("client", "wrong").ItemGet(t.Context()).ItemGetRequest(*plaid.NewItemGetRequest(accessToken)).Execute()
		return err
	}()).ErrorCode, "a stranger learns nothing of it")
	b.fault("/item/get", 0, nil)
	require.Equal(t, "ITEM_NOT_FOUND", plaidFailure(t, get()).ErrorCode, "share 0 ends it")
}

func TestFault_callDoesNothing(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	accessToken, _ := b.newItem(platypus, "")
	b.fault("/item/remove", 1, map[string]any{"status": 500})
	_, _, err := b.api.ItemRemove(t.Context()).ItemRemoveRequest(*plaid.NewItemRemoveRequest(accessToken)).Execute()
	require.Error(t, err)
	require.Empty(t, b.itemError(accessToken))
}

func TestFault_shareIsExactToTheCall(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	_, itemID := b.newItem(platypus, b.receiver.url)
	b.fire(map[string]any{"item_id": itemID, "webhook_code": "ERROR"})
	_, kid, err := b.verify(b.receiver.wait(t, 1))
	require.NoError(t, err)
	ask := func() int {
		return b.post("/webhook_verification_key/get", map[string]any{"client_id": "client", "secret": "secret", "key_id": kid}, nil)
	}
	for share, want := range map[float64]int{0.3: 6, 0.55: 11, 1: 20, 0.01: 0} {
		b.fault("/webhook_verification_key/get", share, map[string]any{"status": 500})
		faulty := 0
		for range 20 {
			if ask() == http.StatusInternalServerError {
				faulty++
			}
		}
		require.Equal(t, want, faulty, "%g of 20", share)
	}
}

func TestFault_lateAnswerIsOtherwiseTheUsualOne(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	accessToken, _ := b.newItem(platypus, "")
	b.fault("/item/get", 1, map[string]any{"latency_ms": 50})
	began := time.Now()
	require.Empty(t, b.itemError(accessToken))
	require.GreaterOrEqual(t, time.Since(began), 50*time.Millisecond)
}

func TestControlFault_answersWithFaultsInForce(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	type answer struct {
		Faults []struct {
			Path      string
			Status    int
			LatencyMS int `json:"latency_ms"`
			Share     float64
		}
	}
	b.fault("/item/get", 0.5, map[string]any{"status": 500})
	b.fault("/item/get", 1, map[string]any{"status": 503, "latency_ms": 5})
	var got answer
	b.post("/control/fault", map[string]any{"path": "/accounts/get", "latency_ms": 7, "share": 0.25}, &got)
	require.Len(t, got.Faults, 2)
	require.Equal(t, "/accounts/get", got.Faults[0].Path)
	require.Equal(t, 503, got.Faults[1].Status, "the later one is in force")
	b.post("/control/fault", map[string]any{"path": "/item/get", "share": 0}, &got)
	require.Len(t, got.Faults, 1)
}

func TestControlFault_refusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	b := newRig(t, "")
	for name, body := range map[string]map[string]any{
		"no share":         {"path": "/item/get", "status": 500},
		"a share above 1":  {"path": "/item/get", "status": 500, "share": 1.5},
		"nothing to do":    {"path": "/item/get", "share": 1},
		"an odd status":    {"path": "/item/get", "status": 404, "share": 1},
		"too late":         {"path": "/item/get", "latency_ms": 30_001, "share": 1},
		"before its time":  {"path": "/item/get", "latency_ms": -1, "share": 1},
		"an unknown path":  {"path": "/transfer/create", "status": 500, "share": 1},
		"one of our paths": {"path": "/control/fire", "status": 500, "share": 1},
	} {
		require.Equal(t, http.StatusBadRequest, b.post("/control/fault", body, nil), name)
	}
}
