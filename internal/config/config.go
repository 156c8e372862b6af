package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
	"go.uber.org/zap/zapcore"
)

// Role is what a process does. It decides which variables the process needs.
type Role string

// The roles.
const (
	API     Role = "api"
	Worker  Role = "worker"
	Starter Role = "starter"
	Migrate Role = "migrate"
	Replay  Role = "replay" // replays dead letters, from a shell
	// Operator sends commands to Items from a shell. It needs PLAID_ENV, the environment of the Items, and no more.
	Operator Role = "operator"
)

// Config is the configuration of a process. Temporal's SDK reads Temporal's own variables itself.
type Config struct {
	DatabaseURL string `env:"DATABASE_URL"`

	PlaidEnv        string `env:"PLAID_ENV"`
	PlaidClientID   string `env:"PLAID_CLIENT_ID"`
	PlaidSecret     string `env:"PLAID_SECRET"` // two, comma-separated, while rotating
	PlaidSecretFile string `env:"PLAID_SECRET_FILE"`
	PlaidBaseURL    string `env:"PLAID_BASE_URL"`
	PlaidLinkURL    string `env:"PLAID_LINK_URL"`

	ListenAddr string `env:"LISTEN_ADDR"`
	AdminAddr  string `env:"ADMIN_ADDR"`
	PublicURL  string `env:"PUBLIC_URL"`
	// TrustedProxies are the proxies whose X-Forwarded-For is trusted; none by default.
	TrustedProxies []netip.Prefix `env:"-"`

	// HostedCountries are ISO 3166-1 alpha-2 codes. Merchants of these countries get Hosted Link; none by default.
	HostedCountries []string `env:"-"`

	SMTPURL  string `env:"SMTP_URL"`
	MailFrom string `env:"MAIL_FROM"`

	KeysetFile string `env:"ENCRYPTION_KEYSET_FILE"`

	OIDCIssuer       string `env:"OIDC_ISSUER"`
	OIDCClientID     string `env:"OIDC_CLIENT_ID"`
	OIDCClientSecret string `env:"OIDC_CLIENT_SECRET"`
	APIAudience      string `env:"API_AUDIENCE"`

	PolicyFile string `env:"POLICY_FILE"`

	PlatformURL    string `env:"PLATFORM_WEBHOOK_URL"`
	PlatformSecret string `env:"PLATFORM_WEBHOOK_SECRET"` // two, comma-separated, while rotating
	PlatformTypes  string `env:"PLATFORM_WEBHOOK_TYPES"`  // comma-separated

	LogLevel zapcore.Level `env:"-"`
}

// officialLink is where Plaid serves Link (https://plaid.com/docs/link/web/).
const officialLink = "https://cdn.plaid.com/link/v2/stable/link-initialize.js"

// Load reads environ, the "NAME=value" strings of os.Environ, for a role. Its error lists all problems, one a line,
// each with its variable and what that variable expects. No error holds a secret.
func Load(role Role, environ []string) (Config, error) {
	var c Config
	vars := env.ToMap(environ)
	if err := env.ParseWithOptions(&c, env.Options{Environment: vars}); err != nil {
		return Config{}, fmt.Errorf("read environment: %w", err)
	}
	c.PlaidLinkURL = cmp.Or(c.PlaidLinkURL, officialLink)
	c.ListenAddr = cmp.Or(c.ListenAddr, ":8080")
	c.AdminAddr = cmp.Or(c.AdminAddr, ":9090")

	var problems problems
	level, err := zapcore.ParseLevel(cmp.Or(vars["LOG_LEVEL"], "info"))
	problems.check(err == nil, "LOG_LEVEL", "one of debug, info, warn, error", vars["LOG_LEVEL"])
	c.LogLevel = level
	if role != Operator {
		problems.absolute("DATABASE_URL", c.DatabaseURL, "postgres", "postgresql")
	}
	if role != Migrate {
		problems.check(c.PlaidEnv == "sandbox" || c.PlaidEnv == "production", "PLAID_ENV", "sandbox or production", c.PlaidEnv)
	}
	if role != Migrate && role != Operator {
		c.checkKeyset(&problems)
	}
	if role != Migrate && role != Replay && role != Operator {
		c.checkPlaid(&problems)
	}
	if role == API || role == Worker {
		problems.absolute("PUBLIC_URL", c.PublicURL, "https", "http")
		problems.address("ADMIN_ADDR", c.AdminAddr)
		c.checkPlatform(&problems)
	}
	if role == API {
		problems.address("LISTEN_ADDR", c.ListenAddr)
		proxies, err := prefixes(vars["TRUSTED_PROXIES"])
		problems.check(err == nil, "TRUSTED_PROXIES",
			`addresses and networks of the proxies in front, comma-separated, such as "10.0.0.7, 192.168.0.0/16"`, vars["TRUSTED_PROXIES"])
		c.TrustedProxies = proxies
		c.HostedCountries = commaSeparated(vars["HOSTED_LINK_COUNTRIES"])
		problems.check(!slices.ContainsFunc(c.HostedCountries, notCountry), "HOSTED_LINK_COUNTRIES",
			`country codes of two capital letters (ISO 3166-1), comma-separated, such as "GB,DE"`, vars["HOSTED_LINK_COUNTRIES"])
		c.checkSignIn(&problems)
	}
	if role == Worker {
		problems.absolute("SMTP_URL", c.SMTPURL, "smtp", "smtps")
		_, err := mail.ParseAddress(c.MailFrom)
		problems.check(err == nil, "MAIL_FROM", `a mail address, such as "relink <mail@example.com>"`, c.MailFrom)
	}
	if err := errors.Join(problems...); err != nil {
		return Config{}, fmt.Errorf("the environment is not right:\n%w", err)
	}
	return c, nil
}

// notCountry reports that a code does not look like a code of ISO 3166-1 alpha-2.
func notCountry(code string) bool {
	return len(code) != 2 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != ""
}

// checkKeyset checks what is needed to open sealed secrets.
func (c Config) checkKeyset(p *problems) {
	_, err := os.Stat(c.KeysetFile)
	p.check(c.KeysetFile != "" && err == nil, "ENCRYPTION_KEYSET_FILE", "a file with a Tink AEAD keyset in JSON", c.KeysetFile)
}

// checkPlaid checks what is needed to talk to Plaid.
func (c Config) checkPlaid(p *problems) {
	p.check(c.PlaidClientID != "", "PLAID_CLIENT_ID", "the client_id of the Plaid dashboard", "")
	oneOfTwo := (c.PlaidSecret == "") != (c.PlaidSecretFile == "")
	p.check(oneOfTwo, "PLAID_SECRET", "a secret, or PLAID_SECRET_FILE with its path, and not both", "")
	if c.PlaidSecretFile != "" {
		_, err := os.Stat(c.PlaidSecretFile)
		p.check(err == nil, "PLAID_SECRET_FILE", "a file that can be read", c.PlaidSecretFile)
	}
	if c.PlaidBaseURL != "" {
		p.absolute("PLAID_BASE_URL", c.PlaidBaseURL, "https", "http")
	}
	p.absolute("PLAID_LINK_URL", c.PlaidLinkURL, "https", "http")
}

func (c Config) checkSignIn(p *problems) {
	if c.OIDCIssuer != "" {
		p.absolute("OIDC_ISSUER", c.OIDCIssuer, "https", "http")
		p.check(c.APIAudience != "", "API_AUDIENCE", "the audience of our bearer tokens, since OIDC_ISSUER is set", "")
	}
	if c.OIDCClientID != "" || c.OIDCClientSecret != "" {
		p.check(c.OIDCIssuer != "", "OIDC_ISSUER", "the issuer that people sign in at, since OIDC_CLIENT_ID or OIDC_CLIENT_SECRET is set", "")
		p.check(c.OIDCClientID != "", "OIDC_CLIENT_ID", "our client id at the issuer, since OIDC_CLIENT_SECRET is set", "")
		p.check(c.OIDCClientSecret != "", "OIDC_CLIENT_SECRET", "the secret of OIDC_CLIENT_ID", "")
	}
}

type problems []error

// check adds a problem unless ok. The problem shows value: pass "" for a secret.
func (p *problems) check(ok bool, name, expects, value string) {
	switch {
	case ok:
	case value == "":
		*p = append(*p, fmt.Errorf("  %s: expected %s", name, expects))
	default:
		*p = append(*p, fmt.Errorf("  %s: expected %s, got %q", name, expects, value))
	}
}

// absolute adds a problem unless value is an absolute URL with one of the schemes. The problem does not show the value,
// because the URLs of databases and mail servers hold passwords.
func (p *problems) absolute(name, value string, schemes ...string) {
	u, err := url.Parse(value)
	ok := err == nil && u.Host != "" && slices.Contains(schemes, u.Scheme)
	p.check(ok, name, "a URL that starts with "+strings.Join(schemes, ":// or ")+"://", "")
}

func (p *problems) address(name, value string) {
	_, _, err := net.SplitHostPort(value)
	p.check(err == nil, name, `an address to listen on, such as ":8080"`, value)
}

// prefixes reads addresses and networks. It refuses a network that holds every address: any caller could then choose
// its own address in X-Forwarded-For.
func prefixes(list string) ([]netip.Prefix, error) {
	var all []netip.Prefix
	for part := range strings.SplitSeq(list, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		if address, err := netip.ParseAddr(part); err == nil {
			part = netip.PrefixFrom(address.Unmap(), address.Unmap().BitLen()).String()
		}
		prefix, err := netip.ParsePrefix(part)
		if err != nil {
			return nil, fmt.Errorf("read network: %w", err)
		}
		if prefix.Bits() == 0 {
			return nil, fmt.Errorf("network %s holds every address", prefix)
		}
		all = append(all, prefix.Masked())
	}
	return all, nil
}

// Secrets returns the Plaid secrets that may be valid now; none when the file cannot be read. It reads the file each
// time, so replacing the file rotates the secrets.
func (c Config) Secrets() []string {
	raw := c.PlaidSecret
	if c.PlaidSecretFile != "" {
		file, err := os.ReadFile(c.PlaidSecretFile)
		if err != nil {
			return nil
		}
		raw = string(file)
	}
	return commaSeparated(raw)
}

// Off returns the optional parts that are not configured, each with the variable that turns it on.
func (c Config) Off(role Role) []string {
	var off []string
	if role == API && c.OIDCIssuer == "" {
		off = append(off, "/v1 (OIDC_ISSUER)")
	}
	if role == API && c.OIDCClientID == "" {
		off = append(off, "sign-in and /ops (OIDC_CLIENT_ID)")
	}
	if (role == API || role == Worker) && c.PlatformURL == "" {
		off = append(off, "webhooks to the platform (PLATFORM_WEBHOOK_URL)")
	}
	return off
}
