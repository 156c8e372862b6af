package people

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"relink/activities"
	"relink/cmd/internal/cli"
	"relink/internal/item"
	"relink/internal/policy"
)

func (d Deps) policy() *cobra.Command {
	return cli.Group(&cobra.Command{
		Use:   "policy",
		Short: "Show when a policy would mail, or make it the one that holds",
		Example: `  relink policy preview --file new.yaml --broken-at 2026-11-22T10:00 --time-zone America/New_York
  relink policy apply new.yaml`,
	}, d.policyPreview(), d.policyApply())
}

// ReadPolicy reads a policy file. It returns the policy, and the file's bytes.
func ReadPolicy(path string) (policy.Policy, []byte, error) {
	file, err := os.ReadFile(path)
	if err != nil {
		return policy.Policy{}, nil, fmt.Errorf("read policy: %w", err)
	}
	p, err := policy.Parse(file)
	if err != nil {
		return policy.Policy{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, file, nil
}

func (d Deps) policyApply() *cobra.Command {
	c := &cobra.Command{
		Use:   "apply [FILE]",
		Short: "Make a policy the one that holds, and let waiting Items plan again",
		Long: "Make a policy the one that holds, and let waiting Items plan again. Without FILE it is the one of POLICY_FILE.\n" +
			"Applying the policy that holds already only lets Items plan again: that finishes a run which broke off.",
		Example: "  relink policy apply new.yaml",
		Args:    cli.AtMostOneArg("one file"),
		RunE: func(c *cobra.Command, args []string) error {
			path := d.PolicyFile
			if len(args) == 1 {
				path = args[0]
			}
			if path == "" {
				return cli.WrongUsage("policy apply wants a file, here or in POLICY_FILE")
			}
			p, file, err := ReadPolicy(path)
			if err != nil {
				return err
			}
			records, err := d.Backend.Records(c.Context())
			if err != nil {
				return err
			}
			commander, err := d.Backend.Commander(c.Context())
			if err != nil {
				return err
			}
			return d.applyPolicy(c.Context(), records, commander, p, file)
		},
	}
	d.Terminal.ActFlags(c.Flags())
	return c
}

// policyApplied is the result of applying a policy.
type policyApplied struct {
	Version string `json:"version"`
	Was     string `json:"was,omitempty"` // empty when none was applied before
	tally
}

// applyPolicy stores the policy, and then makes all waiting Items plan again.
func (d Deps) applyPolicy(ctx context.Context, store Policies, commander Commander, p policy.Policy, file []byte) error {
	done := policyApplied{Version: p.Version()}
	var err error
	if done.Was, err = appliedVersion(ctx, store); err != nil {
		return err
	}
	matched, err := count(ctx, commander, waiting)
	if err != nil {
		return err
	}
	again := counted(matched, "waiting Item plans again", "waiting Items plan again")
	found := fmt.Sprintf("policy %s -> %s: %s", cmp.Or(done.Was, "of POLICY_FILE, or built in"), done.Version, again)
	if done.Was == done.Version {
		found = fmt.Sprintf("policy %s holds already: %s", done.Version, again)
	}
	agreed, err := d.Terminal.Confirm(found, "apply it")
	if err != nil || !agreed {
		return err
	}
	if done.Was != done.Version {
		if err := store.ApplyPolicy(ctx, file, done.Version, d.Terminal.Actor); err != nil {
			return err
		}
		if err := everyWorkerHasIt(ctx); err != nil {
			return fmt.Errorf("policy %s holds, and no Item has planned again; apply it once more: %w", done.Version, err)
		}
	}
	done.tally, err = d.commandAll(ctx, commander, waiting, matched, item.OperatorCommand{Do: item.Replan, By: d.Terminal.Actor})
	if err != nil {
		return fmt.Errorf("policy %s holds, and not every Item plans again; apply it once more: %w", done.Version, err)
	}
	err = d.Terminal.Result(done, "policy %s holds; %d of %d waiting Items plan again", done.Version, done.Reached, done.Matched)
	if err != nil {
		return err
	}
	return done.missed()
}

// appliedVersion returns the version of the policy in force; empty when none was applied.
func appliedVersion(ctx context.Context, store Policies) (string, error) {
	file, _, err := store.AppliedPolicy(ctx)
	if err != nil || file == nil {
		return "", err
	}
	if p, err := policy.Parse(file); err == nil {
		return p.Version(), nil
	}
	return "one that this relink cannot read", nil
}

// everyWorkerHasIt waits until every worker plans by the new policy. An Item that plans again sooner could still get a
// plan of the old one.
func everyWorkerHasIt(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(activities.PolicyPoll + time.Second):
		return nil
	}
}
