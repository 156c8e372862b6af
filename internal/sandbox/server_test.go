package sandbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/sandbox"
)

func TestNew_publicURLMustBeAnOrigin(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"plaid.example", "ftp://plaid.example", "https://plaid.example/path", "://"} {
		_, err := sandbox.New(sandbox.Options{PublicURL: bad})
		require.Error(t, err, bad)
	}
}
