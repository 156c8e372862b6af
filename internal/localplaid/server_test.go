package localplaid_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/localplaid"
)

func TestNew_publicURLMustBeAnOrigin(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"plaid.example", "ftp://plaid.example", "https://plaid.example/path", "://"} {
		_, err := localplaid.New(localplaid.Options{PublicURL: bad})
		require.Error(t, err, bad)
	}
}
