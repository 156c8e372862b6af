package webhook_test

import (
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/webhook"
)

func TestLinkTokenHash_isAllThatIsKnownOfALinkToken(t *testing.T) {
	t.Parallel()
	want := sha256.Sum256([]byte("link-sandbox-1"))
	require.Equal(t, want[:], webhook.LinkTokenHash([]byte(`{"webhook_type":"LINK","link_token":"link-sandbox-1"}`)))
	for _, body := range []string{`{}`, `{"link_token":null}`, `{"link_token":""}`, `{"link_token":7}`, `[]`, `{`} {
		require.Nil(t, webhook.LinkTokenHash([]byte(body)), body)
	}
}
