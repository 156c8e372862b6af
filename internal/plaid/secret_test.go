package plaid_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/plaid"
)

func TestSecret_isNeverPrinted(t *testing.T) {
	t.Parallel()
	type holder struct {
		Token plaid.Secret
		All   []plaid.Secret
	}
	h := holder{Token: theToken, All: []plaid.Secret{theToken}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s"} {
		for _, value := range []any{h, &h, h.Token, &h.Token, map[plaid.Secret]int{theToken: 1}} {
			text := fmt.Sprintf(verb, value)
			require.NotContains(t, text, theToken, verb)
			require.NotContains(t, text, fmt.Sprintf("%x", theToken), verb)
			require.NotContains(t, text, fmt.Sprintf("%X", theToken), verb)
		}
	}
	encoded, err := json.Marshal(h)
	require.NoError(t, err)
	require.JSONEq(t, `{"Token":"REDACTED","All":["REDACTED"]}`, string(encoded))
	text, err := h.Token.MarshalText()
	require.NoError(t, err)
	require.Equal(t, "REDACTED", string(text))
	require.Equal(t, theToken, h.Token.Reveal())
}
