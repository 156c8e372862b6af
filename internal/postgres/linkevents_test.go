package postgres_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/linksession"
)

func TestKeepLinkEvent_isBoundedBySessionAndLink(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m1"))
	require.NoError(t, err)
	kept := func(where string) (n int) {
		require.NoError(t, b.raw.QueryRow(t.Context(), `SELECT count(*) FROM link_events WHERE `+where).Scan(&n))
		return n
	}
	e := linksession.Event{ItemID: "itm_1", Slot: "s", Session: "ls", Event: "OPEN", View: "v", ErrorCode: "c", At: noon}
	require.NoError(t, b.KeepLinkEvent(t.Context(), e))
	require.Equal(t, 1, kept(`said_at IS NULL AND view = 'v' AND error_code = 'c' AND at = '2026-11-22T12:00:00Z'`))
	_, err = b.raw.Exec(t.Context(),
		`INSERT INTO link_events (item_id, slot, session, event, at) SELECT 'itm_1', 's', 'ls', 'OPEN', now() FROM generate_series(1, 198)`)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, b.KeepLinkEvent(t.Context(), e))
	}
	require.Equal(t, 200, kept(`session = 'ls'`))
	_, err = b.raw.Exec(t.Context(), `INSERT INTO link_events (item_id, slot, session, event, at)
		SELECT 'itm_1', 's', 'x' || n, 'OPEN', now() FROM generate_series(1, 799) AS n`)
	require.NoError(t, err)
	for n := range 3 {
		e.Session = fmt.Sprint("y", n)
		require.NoError(t, b.KeepLinkEvent(t.Context(), e))
	}
	require.Equal(t, 1000, kept(`slot = 's'`))
}
