package deeplink_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/deeplink"
)

var (
	now   = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	grant = deeplink.Grant{MerchantID: "m_1", Slot: "itm/1/reminder-1", Expires: now.Add(deeplink.Life)}
)

func signer(t *testing.T, b byte) *deeplink.Signer {
	t.Helper()
	s, err := deeplink.NewSigner(bytes.Repeat([]byte{b}, 32))
	require.NoError(t, err)
	return s
}

func TestToken_isTheSameEveryTimeAndParsesToItsGrant(t *testing.T) {
	t.Parallel()
	s := signer(t, 1)
	require.Equal(t, s.Token(grant), s.Token(grant))
	got, err := s.Parse(s.Token(grant), now)
	require.NoError(t, err)
	require.Equal(t, grant, got)
}

func TestParse_refusesATokenFromItsExpiryOn(t *testing.T) {
	t.Parallel()
	s := signer(t, 1)
	_, err := s.Parse(s.Token(grant), grant.Expires.Add(-time.Second))
	require.NoError(t, err)
	_, err = s.Parse(s.Token(grant), grant.Expires)
	require.ErrorIs(t, err, deeplink.ErrInvalid)
}

func TestParse_refusesAnyChangedCharacter(t *testing.T) {
	t.Parallel()
	s := signer(t, 1)
	token := s.Token(grant)
	for i := range token {
		changed := []byte(token)
		changed[i] = map[bool]byte{true: 'B', false: 'A'}[changed[i] == 'A']
		_, err := s.Parse(string(changed), now)
		require.ErrorIs(t, err, deeplink.ErrInvalid, "position %d", i)
	}
	for _, bad := range []string{"", "x", token[:20], token + "A", token + "=", " " + token} {
		_, err := s.Parse(bad, now)
		require.ErrorIs(t, err, deeplink.ErrInvalid, "%q", bad)
	}
}

func TestParse_refusesATokenOfAnotherKey(t *testing.T) {
	t.Parallel()
	_, err := signer(t, 2).Parse(signer(t, 1).Token(grant), now)
	require.ErrorIs(t, err, deeplink.ErrInvalid)
}

func TestNewSigner_refusesAShortKey(t *testing.T) {
	t.Parallel()
	_, err := deeplink.NewSigner([]byte("short"))
	require.Error(t, err)
}

func TestUnsubscribe_tokenIsForItsMerchantAndForNothingElse(t *testing.T) {
	t.Parallel()
	s := signer(t, 1)
	for _, merchant := range []string{"m_1", "", "m_1\x00itm/1/reminder-1\x00zzzzzz"} { // the last one reads like a deep link
		token := s.Unsubscribe(merchant)
		require.Equal(t, token, s.Unsubscribe(merchant))
		got, err := s.ParseUnsubscribe(token)
		require.NoError(t, err)
		require.Equal(t, merchant, got)
		_, err = s.Parse(token, now)
		require.ErrorIs(t, err, deeplink.ErrInvalid, "it opens no page")
		_, err = signer(t, 2).ParseUnsubscribe(token)
		require.ErrorIs(t, err, deeplink.ErrInvalid)
	}
	_, err := s.ParseUnsubscribe(s.Token(grant))
	require.ErrorIs(t, err, deeplink.ErrInvalid, "a deep link ends no reminders")
	for _, bad := range []string{"", "x", s.Unsubscribe("m_1") + "A", s.Unsubscribe("m_1")[:22]} {
		_, err := s.ParseUnsubscribe(bad)
		require.ErrorIs(t, err, deeplink.ErrInvalid, "%q", bad)
	}
}

func TestPast_acceptsAnExpiredTokenOfOurs(t *testing.T) {
	t.Parallel()
	signer, err := deeplink.NewSigner(make([]byte, 32))
	require.NoError(t, err)
	grant := deeplink.Grant{MerchantID: "m", Slot: "s", Expires: time.Unix(1_000_000_000, 0).UTC()}
	token := signer.Token(grant)
	_, err = signer.Parse(token, grant.Expires)
	require.ErrorIs(t, err, deeplink.ErrInvalid)
	got, err := signer.Past(token)
	require.NoError(t, err)
	require.Equal(t, grant, got)
	other, err := deeplink.NewSigner(append(make([]byte, 31), 1))
	require.NoError(t, err)
	for _, forged := range []string{"", token[1:], token[:len(token)-1], other.Token(grant)} {
		_, err = signer.Past(forged)
		require.ErrorIs(t, err, deeplink.ErrInvalid)
	}
}
