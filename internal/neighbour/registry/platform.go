package registry

import (
	"relink/internal/config"
	"relink/internal/neighbour"
	"relink/internal/neighbour/platform"
)

// openPlatform makes the platform's neighbour from PLATFORM_WEBHOOK_URL and PLATFORM_WEBHOOK_SECRET.
func openPlatform(c config.Config, p Parts) (neighbour.Neighbour, error) {
	if c.PlatformURL == "" {
		return nil, nil
	}
	return platform.New(platform.Options{
		URL: c.PlatformURL, Secrets: c.PlatformSecrets(), Environment: c.PlaidEnv, Around: p.around(neighbour.Platform),
	}, p.Vault)
}
