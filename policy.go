package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	"relink/activities"
	"relink/internal/item"
	"relink/internal/policy"
)

func runPolicy(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: policy wants preview or apply", errUsage)
	}
	switch args[0] {
	case "preview":
		p, err := parsePreview(newShell(), args[1:], os.Getenv("POLICY_FILE"))
		if err != nil {
			return err
		}
		return p.run()
	case "apply":
		return runApply(ctx, args[1:])
	}
	return fmt.Errorf("%w: policy has no %q; it has preview and apply", errUsage, args[0])
}

// readPolicy answers a policy file, read and as it is.
func readPolicy(path string) (policy.Policy, []byte, error) {
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

// policyStore is where applied policies are; postgres.Store is one.
type policyStore interface {
	AppliedPolicy(ctx context.Context) (file []byte, at time.Time, err error)
	ApplyPolicy(ctx context.Context, file []byte, version, by string) error
}

// applyLine is what the command line asks for.
type applyLine struct {
	shell
	path string
}

func runApply(ctx context.Context, args []string) error {
	l, err := parseApply(newShell(), args, os.Getenv("POLICY_FILE"))
	if err != nil {
		return err
	}
	p, file, err := readPolicy(l.path)
	if err != nil {
		return err
	}
	store, err := openStore(ctx)
	if err != nil {
		return err
	}
	defer store.Close()
	h, closeHand, err := openHand()
	if err != nil {
		return err
	}
	defer closeHand()
	return l.run(ctx, store, h, p, file)
}

func parseApply(s shell, args []string, configured string) (applyLine, error) {
	l := applyLine{shell: s}
	flags := flag.NewFlagSet("policy apply", flag.ContinueOnError)
	l.flags(flags)
	words, err := parseMixed(flags, args)
	if err != nil {
		return l, err
	}
	if len(words) > 1 {
		return l, fmt.Errorf("%w: policy apply takes one file", errUsage)
	}
	l.path = configured
	if len(words) == 1 {
		l.path = words[0]
	}
	if l.path == "" {
		return l, fmt.Errorf("%w: policy apply wants a file, here or in POLICY_FILE", errUsage)
	}
	return l, nil
}

// applied is what became of a policy.
type applied struct {
	Version string `json:"version"`
	Was     string `json:"was,omitempty"` // empty when none was applied before
	tally
}

// run has the policy hold and all Items that wait plan again. Applying the one that holds only has them plan again: that
// is how a run which broke off is finished.
func (l applyLine) run(ctx context.Context, store policyStore, h hand, p policy.Policy, file []byte) error {
	done := applied{Version: p.Version()}
	before, _, err := store.AppliedPolicy(ctx)
	if err != nil {
		return err
	}
	if before != nil {
		done.Was = "one that this relink cannot read"
		if old, err := policy.Parse(before); err == nil {
			done.Was = old.Version()
		}
	}
	matched, err := count(ctx, h, waiting)
	if err != nil {
		return err
	}
	found := fmt.Sprintf("policy %s -> %s: %s", cmp.Or(done.Was, "of POLICY_FILE, or built in"), done.Version, again(matched))
	if done.Was == done.Version {
		found = fmt.Sprintf("policy %s holds already: %s", done.Version, again(matched))
	}
	agreed, err := l.agree(found, "apply it")
	if err != nil || !agreed {
		return err
	}
	if done.Was != done.Version {
		if err := store.ApplyPolicy(ctx, file, done.Version, l.by); err != nil {
			return err
		}
		if err := everyWorkerHasIt(ctx); err != nil {
			return fmt.Errorf("policy %s holds, and no Item was told; apply it once more: %w", done.Version, err)
		}
	}
	done.tally, err = l.orderAll(ctx, h, waiting, matched, item.Order{Do: item.Replan, By: l.by})
	if err != nil {
		return fmt.Errorf("policy %s holds, and not every Item was told; apply it once more: %w", done.Version, err)
	}
	if l.asJSON {
		err = l.printJSON(done)
	} else {
		err = l.say("policy %s holds; %d of %d waiting Items plan again", done.Version, done.Reached, done.Matched)
	}
	if err != nil {
		return err
	}
	return done.missed()
}

// everyWorkerHasIt waits until no worker plans by the policy before: an Item that is told sooner would plan by that one.
func everyWorkerHasIt(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(activities.PolicyLooks + time.Second):
		return nil
	}
}

func again(n int64) string {
	if n == 1 {
		return "1 waiting Item plans again"
	}
	return fmt.Sprintf("%d waiting Items plan again", n)
}
