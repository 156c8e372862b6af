package cmd

import (
	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
)

func apiCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "api",
		Short: "Serve webhooks, the relink page, /v1 and /ops",
		Long: "Serve Plaid's webhooks, the merchant's page, /v1 for the platform and /ops for people. It may run many times\n" +
			"over. Its configuration is the environment; README.md lists the variables.",
		Example: "  relink api",
		Args:    cli.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runAPI(c.Context()) },
	}
}

func workerCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "worker",
		Short: "Run workflows and activities",
		Long: "Run workflows and activities. It may run many times over. Its configuration is the environment; README.md\n" +
			"lists the variables.",
		Example: "  relink worker",
		Args:    cli.NoArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return runWorker(c.Context()) },
	}
}
