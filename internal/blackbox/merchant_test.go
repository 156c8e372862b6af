package blackbox_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
)

func TestConnections_readsTheStateOfEach(t *testing.T) {
	t.Parallel()
	require.Equal(t, map[string]string{"a1": "login_required", "b2": "connected"}, blackbox.Connections(`
		<main data-relink data-base="/relink/x">
		<section class="card" data-connection data-item-id="a1" data-bank="First" data-state="login_required" aria-labelledby="h">
		<ul><li data-connection data-item-id="b2" data-state="connected"><span></span></li></ul>`))
	require.Empty(t, blackbox.Connections("<p>This link is over.</p>"))
}
