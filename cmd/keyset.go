package cmd

import (
	"github.com/spf13/cobra"

	"relink/cmd/internal/cli"
	"relink/internal/vault"
)

func keysetCommand(t *cli.Terminal) *cobra.Command {
	return &cobra.Command{
		Use:     "keyset FILE",
		Short:   "Write a keyset that seals access tokens",
		Long:    "Write a new keyset that seals access tokens. A file that is there already is left alone.",
		Example: "  relink keyset /keys/keyset.json",
		Args:    cli.OneArg("the file to write"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := vault.CreateKeyset(args[0]); err != nil {
				return err
			}
			return t.Say("the keyset is in %s; without it, no access token can be opened again", args[0])
		},
	}
}
