package postgres_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/linksession"
	"relink/internal/vault"
)

func minted(id item.ID, n byte, at time.Time) linksession.Minted {
	return linksession.Minted{
		ItemID: id, Token: vault.Sealed{Row: linksession.TokenRow(id), Ciphertext: []byte{n}}, Hash: []byte{n}, MerchantID: "m1", Slot: "s", Browser: []byte{n, n},
		LinkExpires: at.Add(time.Hour), MintedAt: at, ExpiresAt: at.Add(30 * time.Minute),
	}
}

func TestLinkTokens_areFoundByBrowserMerchantAndHash(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m1"))
	require.NoError(t, err)
	now := time.Now().UTC().Truncate(time.Microsecond)
	first, second, over := minted("itm_1", 1, now.Add(-time.Minute)), minted("itm_1", 2, now), minted("itm_1", 3, now.Add(-time.Hour))
	second.Hosted = true
	for _, l := range []linksession.Minted{first, second, over} {
		require.NoError(t, b.KeepLinkToken(t.Context(), l))
	}
	got, err := b.LinkInBrowser(t.Context(), first.Browser)
	require.NoError(t, err)
	require.Equal(t, first.Hash, got.Hash)
	require.Equal(t, first.Token, got.Token)
	require.True(t, first.LinkExpires.Equal(got.LinkExpires))
	require.False(t, got.Hosted || got.Ended)
	_, err = b.LinkInBrowser(t.Context(), over.Browser)
	require.ErrorIs(t, err, item.ErrUnknown)
	got, err = b.LinkOfMerchant(t.Context(), "m1")
	require.NoError(t, err)
	require.Equal(t, second.Hash, got.Hash)
	require.True(t, got.Hosted)
	_, err = b.LinkOfMerchant(t.Context(), "m2")
	require.ErrorIs(t, err, item.ErrUnknown)

	require.NoError(t, b.EndLink(t.Context(), first.Hash))
	got, err = b.LinkInBrowser(t.Context(), first.Browser)
	require.NoError(t, err)
	require.True(t, got.Ended)
	id, err := b.ItemOfLinkToken(t.Context(), over.Hash)
	require.NoError(t, err, "a webhook may be late")
	require.Equal(t, item.ID("itm_1"), id)
	_, err = b.ItemOfLinkToken(t.Context(), []byte{9})
	require.ErrorIs(t, err, item.ErrUnknown)
}

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
	_, err = b.raw.Exec(t.Context(), `INSERT INTO link_events (item_id, slot, session, event, at) SELECT 'itm_1', 's', 'ls', 'OPEN', now() FROM generate_series(1, 198)`)
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, b.KeepLinkEvent(t.Context(), e))
	}
	require.Equal(t, 200, kept(`session = 'ls'`))
	_, err = b.raw.Exec(t.Context(), `INSERT INTO link_events (item_id, slot, session, event, at) SELECT 'itm_1', 's', 'x' || n, 'OPEN', now() FROM generate_series(1, 799) AS n`)
	require.NoError(t, err)
	for n := range 3 {
		e.Session = fmt.Sprint("y", n)
		require.NoError(t, b.KeepLinkEvent(t.Context(), e))
	}
	require.Equal(t, 1000, kept(`slot = 's'`))
}

func TestAskFresh_isOneMailAnHourHoweverManyAskAtOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, err := b.Enrol(t.Context(), b.enrolment(t, "itm_1", "m1"))
	require.NoError(t, err)
	ask := func(at time.Time) bool {
		asked, err := b.RequestNewLink(t.Context(), "m1", inbox.Entry{Source: item.FromPortal, Environment: "sandbox", ItemID: "itm_1", Code: item.NewLinkRequested}, at, time.Hour, nil)
		require.NoError(t, err)
		return asked
	}
	var wg sync.WaitGroup
	heard := make(chan bool, 8)
	for range 8 {
		wg.Go(func() { heard <- ask(noon) })
	}
	wg.Wait()
	close(heard)
	n := 0
	for asked := range heard {
		if asked {
			n++
		}
	}
	require.Equal(t, 1, n)
	require.False(t, ask(noon.Add(59*time.Minute)))
	require.True(t, ask(noon.Add(time.Hour)))
}
