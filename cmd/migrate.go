package cmd

import (
	"os"

	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/config"
	"relink/internal/postgres"
)

func migrateCommand(t *cli.Terminal) *cobra.Command {
	c := &cobra.Command{
		Use:     "migrate",
		Short:   "Bring the database to this version's schema",
		Long:    "Bring the database of DATABASE_URL to this version's schema. Running it again changes nothing.",
		Example: "  relink migrate",
		Args:    cli.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := config.Load(config.Migrate, os.Environ())
			if err != nil {
				return err
			}
			applied, err := postgres.Migrate(c.Context(), cfg.DatabaseURL)
			if err != nil {
				return err
			}
			return t.Result(map[string]int{"applied": applied}, "migrated: %d applied", applied)
		},
	}
	t.JSONFlag(c.Flags(), "print the result as JSON")
	return c
}
