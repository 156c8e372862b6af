package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/signin"
)

// deadLetter makes a dead letter of a webhook about the world's Item.
func (w *world) deadLetter(t *testing.T, id item.ID, why string) int64 {
	t.Helper()
	a := inbox.Entry{
		Source: item.FromWebhook, Environment: "sandbox", ItemID: id, Code: "ITEM/ERROR",
		DeliveryKey: fmt.Append(nil, time.Now().UnixNano()), Body: json.RawMessage(`{"webhook_code":"ERROR"}`), Dead: why,
	}
	r, err := w.store.Receive(t.Context(), a)
	require.NoError(t, err)
	return r.RowID
}

// ops calls /v1 with the role ops.
func (w *world) ops(t *testing.T, method, path, body string) (int, map[string]any) {
	t.Helper()
	req := w.request(t, method, path, body)
	req.Header.Set("Authorization", "Bearer "+issued(t, w.issuer, signin.Ops))
	res, text := w.do(t, browser(), req)
	if res.StatusCode >= 400 {
		require.Equal(t, "application/problem+json", res.Header.Get("Content-Type"), text)
	}
	var response map[string]any
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	require.NoError(t, d.Decode(&response), text)
	return res.StatusCode, response
}

func TestDeadLetters_areListedAndShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.deadLetter(t, theItem, "payload is too big"), w.deadLetter(t, "itm_other", "refused")
	status, response := w.ops(t, "GET", "/v1/dead-letters", "")
	require.Equal(t, 200, status)
	require.Equal(t, json.Number("2"), response["total"])
	require.Len(t, response["dead_letters"], 2)

	status, response = w.ops(t, "GET",
		"/v1/dead-letters?reason=TOO+BIG&code=ITEM/ERROR&item_id="+theItem+"&after=2026-01-01T00:00:00Z&limit=5", "")
	require.Equal(t, 200, status)
	require.Equal(t, json.Number("1"), response["total"])
	_, response = w.ops(t, "GET", "/v1/dead-letters?before=2026-01-01T00:00:00Z", "")
	require.Equal(t, json.Number("0"), response["total"])
	require.Equal(t, []any{}, response["dead_letters"])
	_, response = w.ops(t, "GET", "/v1/dead-letters?limit=1", "")
	require.Equal(t, json.Number("2"), response["total"])
	require.Len(t, response["dead_letters"], 1)

	status, response = w.ops(t, "GET", fmt.Sprint("/v1/dead-letters/", one), "")
	require.Equal(t, 200, status)
	require.Equal(t, "payload is too big", response["reason"])
	require.Equal(t, map[string]any{"webhook_code": "ERROR"}, response["body"])
	require.NotEqual(t, one, two)
}

func TestDeadLetters_refuseBadInputByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.deadLetter(t, theItem, "refused")
	for _, c := range []struct{ method, path, body, names string }{
		{
			"GET", "/v1/dead-letters?since=yesterday", "",
			"query has a parameter that is not known here; there are code, item_id, reason, before, after, limit",
		},
		{"GET", "/v1/dead-letters?before=yesterday", "", `before is not a time such as`},
		{"GET", "/v1/dead-letters?limit=none", "", `limit is not a whole number above 0`},
		{"GET", "/v1/dead-letters?limit=0", "", "limit"},
		{"GET", "/v1/dead-letters/first", "", "id is not the number of a dead letter"},
		{"POST", "/v1/dead-letters/first/replay", "", "id is not the number of a dead letter"},
		{
			"POST", "/v1/dead-letters/replay", `{"filter":{"since":"x"}}`,
			"filter has a field that is not known here; there are after, before, code, item_id, reason",
		},
		{"POST", "/v1/dead-letters/replay", `{"filter":{},"expect_count":-1}`, "expect_count"},
		{"POST", "/v1/dead-letters/replay", ``, "JSON"},
		{"POST", "/v1/dead-letters/discard", `{"filter":{},"expect_count":1}`, "why"},
		{"POST", fmt.Sprintf("/v1/dead-letters/%d/discard", id), `{}`, "why"},
		{"POST", fmt.Sprintf("/v1/dead-letters/%d/discard", id), ``, "why"},
	} {
		status, response := w.ops(t, c.method, c.path, c.body)
		require.Equal(t, http.StatusBadRequest, status, "%s %s", c.method, c.path)
		var names bytes.Buffer
		e := json.NewEncoder(&names)
		e.SetEscapeHTML(false)
		require.NoError(t, e.Encode(response["detail"]))
		require.Contains(t, names.String(), c.names)
		require.NotContains(t, names.String(), "since", "what was sent is not repeated")
	}
	_, total, err := w.store.DeadLetters(t.Context(), inbox.DeadFilter{})
	require.NoError(t, err)
	require.Equal(t, 1, total)
}

func TestDeadLetters_oneIsReplayedOrDiscardedInTheCallersName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	one, two := w.deadLetter(t, theItem, "refused"), w.deadLetter(t, theItem, "refused")
	status, response := w.ops(t, "POST", fmt.Sprintf("/v1/dead-letters/%d/replay", one), "")
	require.Equal(t, 200, status)
	require.Equal(t, map[string]any{"matches": json.Number("1"), "done": json.Number("1")}, response)
	status, _ = w.ops(t, "POST", fmt.Sprintf("/v1/dead-letters/%d/discard", two), `{"why":"a test"}`)
	require.Equal(t, 200, status)
	for _, id := range []int64{one, two} {
		status, _ = w.ops(t, "GET", fmt.Sprint("/v1/dead-letters/", id), "")
		require.Equal(t, 404, status)
	}
	moments, err := w.store.Timeline(t.Context(), theItem)
	require.NoError(t, err)
	last := moments[len(moments)-1]
	require.Equal(t, "dead_letter_discarded", last.What)
	require.JSONEq(t, fmt.Sprintf(`{"by":"ops","inbox_id":%d,"reason":"refused","why":"a test"}`, two), string(last.Data))
}

func TestDeadLetters_byFilterShowTheirCountBeforeAnythingIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for range 3 {
		w.deadLetter(t, theItem, "payload is too big")
	}
	w.deadLetter(t, theItem, "refused")
	for _, do := range []string{"replay", "discard"} {
		status, response := w.ops(t, "POST", "/v1/dead-letters/"+do, `{"filter":{"reason":"too big"},"why":"x"}`)
		require.Equal(t, 200, status)
		require.Equal(t, map[string]any{"matches": json.Number("3"), "done": json.Number("0")}, response)
		status, response = w.ops(t, "POST", "/v1/dead-letters/"+do, `{"filter":{"reason":"too big"},"expect_count":2,"why":"x"}`)
		require.Equal(t, 409, status)
		require.Contains(t, response["detail"], "2 dead letters were expected, and 3 match")
	}
	status, response := w.ops(t, "POST", "/v1/dead-letters/replay", `{"filter":{"reason":"too big"},"expect_count":3}`)
	require.Equal(t, 200, status)
	require.Equal(t, json.Number("3"), response["done"])
	_, total, err := w.store.DeadLetters(t.Context(), inbox.DeadFilter{})
	require.NoError(t, err)
	require.Equal(t, 1, total)
}

func TestDeadLetters_replayReadsTheSealedBodyAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	known := []byte(`{"webhook_type":"ITEM","webhook_code":"ERROR","environment":"sandbox","item_id":"` + theItem + `"}`)
	bodies := [][]byte{known, []byte(`not JSON`), known}
	var ids []int64
	for i, body := range bodies {
		key := fmt.Append(nil, "delivery ", i)
		sealed, err := w.deps.Seal(key, body)
		require.NoError(t, err)
		if i == 2 { // of another row
			sealed, err = w.deps.Seal([]byte("delivery 0"), body)
			require.NoError(t, err)
		}
		r, err := w.store.Receive(t.Context(), inbox.Entry{
			Source: item.FromWebhook, Environment: "sandbox", Code: "unknown", DeliveryKey: key, RawSealed: sealed,
			Dead: "it was not understood then",
		})
		require.NoError(t, err)
		ids = append(ids, r.RowID)
	}
	status, response := w.ops(t, "POST", "/v1/dead-letters/replay", `{"filter":{"code":"unknown"},"expect_count":3}`)
	require.Equal(t, 200, status)
	require.Equal(t, json.Number("1"), response["done"])
	still, ok := response["still_dead"].([]any)
	require.True(t, ok)
	require.Len(t, still, 2)
	batches, err := w.store.Claim(t.Context(), 10, time.Minute, time.Second)
	require.NoError(t, err)
	var claimed []int64
	for _, b := range batches {
		if b.ItemID == theItem {
			claimed = b.RowIDs
		}
	}
	require.Contains(t, claimed, ids[0])
	for i, why := range map[int]string{1: "it is not understood", 2: "its body cannot be opened"} {
		d, err := w.store.DeadLetter(t.Context(), ids[i])
		require.NoError(t, err)
		require.Contains(t, d.Reason, why)
	}
}
