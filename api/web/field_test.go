package web_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/web"
)

func TestFindings_nameEachMistakeOnce(t *testing.T) {
	t.Parallel()
	var f web.Findings
	require.NoError(t, f.Err())
	f.Object("/merchant", "has a field that is not known here")
	f.Field("/merchant/email", "is not a string")
	f.Field("/merchant/email", "is missing")
	f.Field("/consent", "is not a JSON object")
	f.Field("/consent/at", "is missing")
	f.Field("/products/1", "is no product")
	f.Field("/products", "has a wrong element")
	f.Field("/merchant_id", "is not known")
	f.Parameter("limit", "is not a number")
	var at []string
	for _, e := range web.Describe(f.Err()).Fields {
		if e.Pointer == nil {
			at = append(at, e.Parameter)
			continue
		}
		at = append(at, *e.Pointer)
	}
	require.Equal(t, []string{"/merchant", "/merchant/email", "/consent", "/products/1", "/merchant_id", "limit"}, at)
	require.ErrorContains(t, f.Err(), "merchant.email is not a string; consent is not a JSON object")
}

func TestReadJSON_namesTheMistakeAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	const secret = "access-sandbox-5a1f"
	for body, want := range map[string]string{
		`{"at":"` + secret + `"}`: "the body is not the JSON object that is wanted",
		`{"n":"` + secret + `"}`:  "n has a value of the wrong type",
		`{"` + secret + `":1}`:    "the body has a field that is not known here",
		`{"n":1} x`:               "the body has something behind the JSON object",
		`{"n":` + secret + `}`:    "the body is not JSON from byte 6 on",
		``:                        "the body is not the JSON object that is wanted",
	} {
		var v struct {
			N  int `json:"n"`
			At when
		}
		err := web.ReadJSON(httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(body)), &v)
		e := web.Describe(err)
		require.Equal(t, web.InvalidRequest, e.Kind, body)
		require.Equal(t, want, e.Detail, body)
		require.NotContains(t, err.Error(), secret, "nor does our log")
	}
}

// when is a value whose decoding error quotes the input.
type when struct{}

func (when) UnmarshalJSON(raw []byte) error { return errors.New("no time: " + string(raw)) }

func TestProblem_hasEverythingThatACallerMayRead(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	rec.Header().Set(web.RequestIDHeader, "0af7651916cd43dd")
	web.Problem(rec, nil, web.Refuse(web.ItemTaken, "this item belongs to another merchant", errors.New("of merchant m-7")))
	require.Equal(t, http.StatusConflict, rec.Code)
	require.Equal(t, "application/problem+json", rec.Header().Get("Content-Type"))
	var got map[string]any
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &got))
	require.Equal(t, map[string]any{
		"type": "urn:relink:problem:item_taken", "title": "The Item belongs to another merchant", "status": 409.0,
		"detail": "this item belongs to another merchant", "request_id": "0af7651916cd43dd",
	}, got)
}
