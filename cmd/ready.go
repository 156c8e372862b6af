package cmd

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
)

// readyWithin is less than the 5 seconds that docker-compose.yml gives a health check.
const readyWithin = 4 * time.Second

func readyCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "ready URL",
		Short:   "Ask a URL whether its process is ready",
		Long:    "Ask a URL whether its process is ready, for health checks: the image holds no other tool for it.",
		Example: "  relink ready http://127.0.0.1:9090/readyz",
		Args:    cli.OneArg("the URL to ask"),
		RunE:    func(c *cobra.Command, args []string) error { return askReady(c.Context(), args[0]) },
	}
}

// askReady returns nil for a status of 200 to 299, and an error with status and body for every other.
func askReady(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask whether it is ready: %w", err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask whether it is ready: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return nil
	}
	body, _ := io.ReadAll(io.LimitReader(res.Body, 300)) // the body only explains the status
	return fmt.Errorf("not ready: %s answers %s: %s", url, res.Status, strings.TrimSpace(string(body)))
}
