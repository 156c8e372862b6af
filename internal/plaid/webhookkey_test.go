package plaid_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/plaid"
)

const jwk = `{"alg":"ES256","created_at":1560466150,"crv":"P-256","expired_at":%s,"kid":"k1","kty":"EC",` +
	`"use":"sig","x":"eA","y":"eQ","extra":1}`

func TestWebhookKey_isReturnedAsPlaidSentIt(t *testing.T) {
	t.Parallel()
	for expired, want := range map[string]time.Time{"null": {}, "1560466400": time.Unix(1560466400, 0).UTC()} {
		sent := fmt.Sprintf(jwk, expired)
		f := serve(t, map[string]http.HandlerFunc{
			"/webhook_verification_key/get": responds(http.StatusOK, `{"key":`+sent+`,"request_id":"r"}`),
		})
		key, err := clientOf(t, options(f.URL)).WebhookKey(t.Context(), "k1")
		require.NoError(t, err)
		require.Equal(t, sent, string(key.JSON))
		require.Equal(t, want, key.ExpiredAt)
		require.Equal(t, "k1", f.requests()[0].Body["key_id"])
	}
}

func TestWebhookKey_onlyPlaidsOwnWordMakesOneUnknown(t *testing.T) {
	t.Parallel()
	f := serve(t, map[string]http.HandlerFunc{
		"/webhook_verification_key/get": refuse("INVALID_INPUT", "INVALID_WEBHOOK_VERIFICATION_KEY_ID"),
	})
	_, err := clientOf(t, options(f.URL)).WebhookKey(t.Context(), "k1")
	require.ErrorIs(t, err, plaid.ErrUnknownKey)

	for _, other := range []http.HandlerFunc{
		refuse("INVALID_INPUT", "INVALID_API_KEYS"), refuse("INVALID_REQUEST", "INVALID_FIELD"), responds(http.StatusNotFound, ""),
		responds(http.StatusInternalServerError, `{"error_code":"INTERNAL_SERVER_ERROR"}`), responds(http.StatusOK, ""),
		responds(http.StatusOK, `{"key":{}}`),
	} {
		f := serve(t, map[string]http.HandlerFunc{"/webhook_verification_key/get": other})
		_, err := clientOf(t, options(f.URL)).WebhookKey(t.Context(), "k1")
		require.Error(t, err)
		require.NotErrorIs(t, err, plaid.ErrUnknownKey)
	}
}
