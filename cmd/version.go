package cmd

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/plaid/plaid-go/v29/plaid"
	"github.com/spf13/cobra"
	"go.temporal.io/sdk/temporal"

	"relink/cmd/internal/cli"
)

// A build can set these with -ldflags "-X relink/cmd.commit=...". Go itself records the commit of a checkout, but not
// the time of the build, and nothing where there is no checkout, as in the build of the image.
var commit, builtAt string

// version describes this binary.
type version struct {
	Commit string `json:"commit"`
	// Modified means that the checkout held changes which are not in the commit.
	Modified    bool   `json:"modified,omitempty"`
	CommittedAt string `json:"committed_at,omitempty"`
	BuiltAt     string `json:"built_at,omitempty"`
	Go          string `json:"go"`
	TemporalSDK string `json:"temporal_sdk"`
	// PlaidAPI is the version of Plaid's API that every call asks for, PlaidGo that of Plaid's client library.
	PlaidAPI string `json:"plaid_api"`
	PlaidGo  string `json:"plaid_go"`
}

const unknown = "unknown"

func versionCommand(t *cli.Terminal) *cobra.Command {
	c := &cobra.Command{
		Use:     "version",
		Short:   "Print what this binary is: commit, build, SDKs, Plaid's API",
		Example: "  relink version --json",
		Args:    cli.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion()
			if t.JSON {
				return t.PrintJSON(v)
			}
			return v.print(t)
		},
	}
	t.JSONFlag(c.Flags(), "print one JSON object")
	return c
}

// thisVersion reads what the build recorded in the binary.
func thisVersion() version {
	v := version{
		Commit: commit, BuiltAt: builtAt, TemporalSDK: temporal.SDKVersion,
		PlaidAPI: plaid.NewConfiguration().DefaultHeader["Plaid-Version"], PlaidGo: unknown,
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		v.read(info)
	}
	v.Commit = cmp.Or(v.Commit, unknown)
	return v
}

func (v *version) read(info *debug.BuildInfo) {
	v.Go = info.GoVersion
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = cmp.Or(v.Commit, s.Value)
		case "vcs.time":
			v.CommittedAt = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/plaid/plaid-go/v29" {
			v.PlaidGo = module.Version
		}
	}
}

func (v *version) print(t *cli.Terminal) error {
	commit := v.Commit
	if v.Modified {
		commit += ", with changes that are not committed"
	}
	for _, line := range [][2]string{
		{"commit", commit},
		{"committed", cmp.Or(v.CommittedAt, unknown)},
		{"built", cmp.Or(v.BuiltAt, unknown)},
		{"Go", v.Go},
		{"Temporal SDK", v.TemporalSDK},
		{"Plaid API", fmt.Sprintf("%s, by plaid-go %s", v.PlaidAPI, v.PlaidGo)},
	} {
		if err := t.Say("%-13s %s", line[0], line[1]); err != nil {
			return err
		}
	}
	return nil
}
