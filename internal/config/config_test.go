package config_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/config"
)

const platformOff = "webhooks to the platform (PLATFORM_WEBHOOK_URL)"

func environment(t *testing.T, change map[string]string) []string {
	t.Helper()
	keyset := filepath.Join(t.TempDir(), "keyset.json")
	require.NoError(t, os.WriteFile(keyset, []byte("{}"), 0o600))
	vars := map[string]string{
		"DATABASE_URL": "postgres://relink:pg-password@db/relink", "PLAID_ENV": "sandbox", "PLAID_CLIENT_ID": "id", "PLAID_SECRET": "old, new",
		"PUBLIC_URL": "https://relink.example.com", "SMTP_URL": "smtp://user:mail-password@mail:25", "MAIL_FROM": "relink <mail@example.com>",
		"ENCRYPTION_KEYSET_FILE": keyset,
	}
	maps.Copy(vars, change)
	var environ []string
	for name, value := range vars {
		environ = append(environ, name+"="+value)
	}
	return environ
}

func TestLoad_acceptsAGoodEnvironmentForEveryRole(t *testing.T) {
	t.Parallel()
	for _, role := range []config.Role{config.API, config.Worker, config.Migrate} {
		c, err := config.Load(role, environment(t, nil))
		require.NoError(t, err)
		require.Equal(t, []string{"old", "new"}, c.Secrets())
		require.Equal(t, ":8080", c.ListenAddr)
	}
}

func TestLoad_reportsAllProblemsTogetherEachWithItsVariable(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.API, environment(t, map[string]string{
		"DATABASE_URL": "mysql://u:pg-password@h/x", "PLAID_ENV": "staging", "PLAID_CLIENT_ID": "", "PLAID_SECRET": "",
		"PUBLIC_URL":             "relink.example.com",
		"ENCRYPTION_KEYSET_FILE": "/nowhere/keyset.json", "LISTEN_ADDR": "8080", "OIDC_ISSUER": "https://issuer.example.com/",
		"LOG_LEVEL":       "loud",
		"TRUSTED_PROXIES": "the-proxy",
	}))
	require.Error(t, err)
	for _, name := range []string{
		"DATABASE_URL", "PLAID_ENV", "PLAID_CLIENT_ID", "PLAID_SECRET", "PUBLIC_URL", "ENCRYPTION_KEYSET_FILE", "LISTEN_ADDR",
		"API_AUDIENCE", "LOG_LEVEL", "TRUSTED_PROXIES",
	} {
		require.ErrorContains(t, err, name+": expected")
	}
	require.NotContains(t, err.Error(), "pg-password")
}

func TestLoad_signInIsConfiguredWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	whole := map[string]string{
		"OIDC_ISSUER": "https://issuer.example.com/", "API_AUDIENCE": "https://relink/api",
		"OIDC_CLIENT_ID": "web", "OIDC_CLIENT_SECRET": "hush-hush",
	}
	c, err := config.Load(config.API, environment(t, whole))
	require.NoError(t, err)
	require.Equal(t, "web", c.OIDCClientID)
	require.Equal(t, "hush-hush", c.OIDCClientSecret)
	require.Equal(t, []string{platformOff}, c.Off(config.API))

	for missing, want := range map[string]string{
		"OIDC_ISSUER": "OIDC_ISSUER", "OIDC_CLIENT_ID": "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET": "OIDC_CLIENT_SECRET",
	} {
		part := maps.Clone(whole)
		delete(part, missing)
		_, err := config.Load(config.API, environment(t, part))
		require.ErrorContains(t, err, want+": expected")
		require.NotContains(t, err.Error(), "hush-hush")
	}
}

func TestOff_namesThePartAndTheVariableThatTurnsItOn(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.API, environment(t, nil))
	require.NoError(t, err)
	require.Equal(t, []string{"/v1 (OIDC_ISSUER)", "sign-in and /ops (OIDC_CLIENT_ID)", platformOff}, c.Off(config.API))
	require.Equal(t, []string{platformOff}, c.Off(config.Worker))
	require.Empty(t, c.Off(config.Starter), "it has no part that can be off")
	c, err = config.Load(config.API, environment(t, map[string]string{
		"OIDC_ISSUER": "https://issuer.example.com/", "API_AUDIENCE": "https://relink/api",
	}))
	require.NoError(t, err, "bearer tokens alone are enough for the platform")
	require.Equal(t, []string{"sign-in and /ops (OIDC_CLIENT_ID)", platformOff}, c.Off(config.API))
}

func TestLoad_workerNeedsItsMailServer(t *testing.T) {
	t.Parallel()
	broken := map[string]string{"SMTP_URL": "mail:25", "MAIL_FROM": "nobody"}
	_, err := config.Load(config.Worker, environment(t, broken))
	require.ErrorContains(t, err, "SMTP_URL")
	require.ErrorContains(t, err, "MAIL_FROM")
	_, err = config.Load(config.API, environment(t, broken))
	require.NoError(t, err, "the api sends no mail")
}

func TestLoad_trustsNoProxyUnlessItIsNamed(t *testing.T) {
	t.Parallel()
	for value, want := range map[string][]string{
		"":                                      nil,
		" , ":                                   nil,
		"10.0.0.7":                              {"10.0.0.7/32"},
		"10.1.2.3/8, ::ffff:10.0.0.7,fd00::1/8": {"10.0.0.0/8", "10.0.0.7/32", "fd00::/8"},
	} {
		c, err := config.Load(config.API, environment(t, map[string]string{"TRUSTED_PROXIES": value}))
		require.NoError(t, err, value)
		var got []string
		for _, p := range c.TrustedProxies {
			got = append(got, p.String())
		}
		require.Equal(t, want, got, value)
	}
	for _, value := range []string{"proxy.internal", "10.0.0.7/33", "10.0.0.7:80", "10.0.0.7 10.0.0.8", "0.0.0.0/0", "::/0"} {
		_, err := config.Load(config.API, environment(t, map[string]string{"TRUSTED_PROXIES": value}))
		require.ErrorContains(t, err, "TRUSTED_PROXIES: expected", value)
	}
	_, err := config.Load(config.Worker, environment(t, map[string]string{"TRUSTED_PROXIES": "proxy.internal"}))
	require.NoError(t, err, "the worker has no door")
}

func TestLoad_countriesOfHostedLinkAreCodes(t *testing.T) {
	t.Parallel()
	c, err := config.Load(config.API, environment(t, map[string]string{"HOSTED_LINK_COUNTRIES": "GB, DE"}))
	require.NoError(t, err)
	require.Equal(t, []string{"GB", "DE"}, c.HostedCountries)
	for _, value := range []string{"gb", "GBR", "GB DE"} {
		_, err := config.Load(config.API, environment(t, map[string]string{"HOSTED_LINK_COUNTRIES": value}))
		require.ErrorContains(t, err, "HOSTED_LINK_COUNTRIES: expected", value)
	}
}

func TestLoad_replayNeedsNoSecretOfPlaids(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Replay, environment(t, map[string]string{"PLAID_CLIENT_ID": "", "PLAID_SECRET": "", "PUBLIC_URL": ""}))
	require.NoError(t, err)
	_, err = config.Load(config.Replay, environment(t, map[string]string{"PLAID_ENV": "", "ENCRYPTION_KEYSET_FILE": ""}))
	require.ErrorContains(t, err, "PLAID_ENV: expected")
	require.ErrorContains(t, err, "ENCRYPTION_KEYSET_FILE: expected")
}

func TestLoad_migrateNeedsTheDatabaseAlone(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Migrate, []string{"DATABASE_URL=postgres://h/x"})
	require.NoError(t, err)
}

func TestLoad_operatorNeedsTheEnvironmentAlone(t *testing.T) {
	t.Parallel()
	_, err := config.Load(config.Operator, []string{"PLAID_ENV=production"})
	require.NoError(t, err)
	_, err = config.Load(config.Operator, []string{"DATABASE_URL=postgres://h/x"})
	require.ErrorContains(t, err, "PLAID_ENV: expected")
}

func TestSecrets_readsAReplacedFileAgain(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	require.NoError(t, os.WriteFile(file, []byte("one\n"), 0o600))
	c, err := config.Load(config.API, environment(t, map[string]string{"PLAID_SECRET": "", "PLAID_SECRET_FILE": file}))
	require.NoError(t, err)
	require.Equal(t, []string{"one"}, c.Secrets())
	require.NoError(t, os.WriteFile(file, []byte("two,one\n"), 0o600))
	require.Equal(t, []string{"two", "one"}, c.Secrets())
}
