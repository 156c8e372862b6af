package config

import (
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
)

// secretForm is the form of a secret of Standard Webhooks.
const secretForm = "whsec_ and the base64 of at least 24 bytes, or two of them, comma-separated, while rotating"

var webhookType = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// checkPlatform checks the configuration of the platform's webhooks. It must be complete, or absent.
func (c Config) checkPlatform(p *problems) {
	if c.PlatformURL == "" {
		p.check(c.PlatformSecret == "", "PLATFORM_WEBHOOK_URL", "where the platform takes events, since PLATFORM_WEBHOOK_SECRET is set", "")
		p.check(c.PlatformTypes == "", "PLATFORM_WEBHOOK_URL", "where the platform takes webhooks, since PLATFORM_WEBHOOK_TYPES is set", "")
		return
	}
	p.absolute("PLATFORM_WEBHOOK_URL", c.PlatformURL, "https", "http")
	secrets := c.PlatformSecrets()
	good := len(secrets) == 1 || len(secrets) == 2
	for _, secret := range secrets {
		coded, ok := strings.CutPrefix(secret, "whsec_")
		key, err := base64.StdEncoding.DecodeString(coded)
		good = good && ok && err == nil && len(key) >= 24
	}
	p.check(good, "PLATFORM_WEBHOOK_SECRET", secretForm, "")
	for _, t := range commaSeparated(c.PlatformTypes) {
		p.check(webhookType.MatchString(t), "PLATFORM_WEBHOOK_TYPES", "Plaid's webhook types, such as TRANSACTIONS,ITEM", c.PlatformTypes)
	}
}

// PlatformSecrets returns the secrets that sign the messages to the platform.
func (c Config) PlatformSecrets() []string { return commaSeparated(c.PlatformSecret) }

// Forwards reports whether Plaid's webhooks of a type are forwarded to the platform. PLATFORM_WEBHOOK_TYPES names them.
// Without it all types are forwarded but LINK, whose bodies hold public tokens of sessions that relink opened.
func (c Config) Forwards(kind string) bool {
	if c.PlatformURL == "" {
		return false
	}
	if named := commaSeparated(c.PlatformTypes); len(named) > 0 {
		return slices.Contains(named, kind)
	}
	return kind != "LINK"
}

func commaSeparated(list string) []string {
	var all []string
	for part := range strings.SplitSeq(list, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
