package config_test

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/config"
)

const platformURL = "https://platform.example.com/webhooks/relink"

func platformSecret(bytes int, of string) string {
	return "whsec_" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat(of, bytes)))
}

func TestLoad_platformIsConfiguredWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	one, two := platformSecret(24, "a"), platformSecret(32, "b")
	for _, role := range []config.Role{config.API, config.Worker} {
		c, err := config.Load(role, environment(t, map[string]string{
			"PLATFORM_WEBHOOK_URL": platformURL, "PLATFORM_WEBHOOK_SECRET": one + ", " + two,
		}))
		require.NoError(t, err)
		require.Equal(t, []string{one, two}, c.PlatformSecrets())
		require.NotContains(t, c.Off(role), platformOff)

		_, err = config.Load(role, environment(t, map[string]string{"PLATFORM_WEBHOOK_SECRET": one}))
		require.ErrorContains(t, err, "PLATFORM_WEBHOOK_URL: expected")
		_, err = config.Load(role, environment(t, map[string]string{
			"PLATFORM_WEBHOOK_URL": platformURL,
		}))
		require.ErrorContains(t, err, "PLATFORM_WEBHOOK_SECRET: expected")
		_, err = config.Load(role, environment(t, map[string]string{"PLATFORM_WEBHOOK_TYPES": "ITEM"}))
		require.ErrorContains(t, err, "PLATFORM_WEBHOOK_URL: expected")
	}
}

func TestLoad_refusesAWrongPlatformSecretAndDoesNotShowIt(t *testing.T) {
	t.Parallel()
	good := platformSecret(24, "a")
	for name, secret := range map[string]string{
		"too short":      platformSecret(23, "a"),
		"without prefix": strings.TrimPrefix(good, "whsec_"),
		"not base64":     "whsec_" + strings.Repeat("?", 40),
		"three":          good + "," + good + "," + good,
		"one is bad":     good + ",whsec_c2hvcnQ=",
	} {
		_, err := config.Load(config.Worker, environment(t, map[string]string{
			"PLATFORM_WEBHOOK_URL": platformURL, "PLATFORM_WEBHOOK_SECRET": secret,
		}))
		require.ErrorContains(t, err, "PLATFORM_WEBHOOK_SECRET: expected whsec_ and the base64 of at least 24 bytes", name)
		for part := range strings.SplitSeq(secret, ",") {
			require.NotContains(t, err.Error(), part, name)
		}
	}
	_, err := config.Load(config.Worker, environment(t, map[string]string{
		"PLATFORM_WEBHOOK_URL": "ftp://relink:pw-4711@platform", "PLATFORM_WEBHOOK_SECRET": good,
	}))
	require.ErrorContains(t, err, "PLATFORM_WEBHOOK_URL: expected")
	require.NotContains(t, err.Error(), "pw-4711")
}

func TestForwards_everyTypeButLinkUnlessTypesAreNamed(t *testing.T) {
	t.Parallel()
	load := func(change map[string]string) config.Config {
		c, err := config.Load(config.API, environment(t, change))
		require.NoError(t, err)
		return c
	}
	require.False(t, load(nil).Forwards("TRANSACTIONS"), "there is no platform")

	platform := map[string]string{"PLATFORM_WEBHOOK_URL": platformURL, "PLATFORM_WEBHOOK_SECRET": platformSecret(24, "a")}
	for kind, want := range map[string]bool{"TRANSACTIONS": true, "ITEM": true, "OF_TOMORROW": true, "LINK": false} {
		require.Equal(t, want, load(platform).Forwards(kind), kind)
	}
	named := maps.Clone(platform)
	named["PLATFORM_WEBHOOK_TYPES"] = "TRANSACTIONS, AUTH"
	for kind, want := range map[string]bool{"TRANSACTIONS": true, "AUTH": true, "ITEM": false, "LINK": false} {
		require.Equal(t, want, load(named).Forwards(kind), kind)
	}
	named["PLATFORM_WEBHOOK_TYPES"] = "transactions"
	_, err := config.Load(config.API, environment(t, named))
	require.ErrorContains(t, err, "PLATFORM_WEBHOOK_TYPES: expected")
}
