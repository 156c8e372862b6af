package devstack

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"relink/internal/devstack/proc"
	"relink/internal/devstack/scratch"
)

const (
	plaidClient, plaidSecret = "sandbox", "sandbox"
	mailAtOnce               = "second_look: 0s\nquiet: none\ngap: 0s\nmass_break: {of_institution: 0, of_all: 0}\nperpetual: {relinks: 0}\n"
)

// environment fills in what api and worker read.
func (s *Stack) environment(smtp string) error {
	keyset := filepath.Join(s.opts.Dir, "keyset.json")
	if err := s.opts.CreateKeyset(keyset); err != nil {
		return err
	}
	policy := filepath.Join(s.opts.Dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte(cmp.Or(s.opts.Policy, mailAtOnce)), 0o600); err != nil {
		return fmt.Errorf("write policy: %w", err)
	}
	maps.Copy(s.Env, map[string]string{
		"DATABASE_URL":     s.postgres.URL("relink"),
		"TEMPORAL_ADDRESS": s.temporal.Address(), "TEMPORAL_NAMESPACE": s.temporal.Namespace,
		"PLAID_ENV": "sandbox", "PLAID_CLIENT_ID": plaidClient, "PLAID_SECRET": plaidSecret,
		"PLAID_BASE_URL": s.Client.Sandbox, "PLAID_LINK_URL": s.Client.Sandbox + "/link/v2/stable/link-initialize.js",
		// For processes beside our api and worker: free ports, not theirs.
		"LISTEN_ADDR": "127.0.0.1:0", "ADMIN_ADDR": "127.0.0.1:0",
		"PUBLIC_URL": s.Client.API, "SMTP_URL": "smtp://" + smtp + "?starttls=off", "MAIL_FROM": "relink <mail@relink.example.com>",
		"ENCRYPTION_KEYSET_FILE": keyset, "POLICY_FILE": policy,
		"RELINK_API_URL": s.Client.API, "RELINK_SANDBOX_URL": s.Client.Sandbox, "RELINK_MAILBOX_URL": s.Client.Mailbox,
		"RELINK_TEMPORAL_UI_URL": s.TemporalUI,
	})
	return nil
}

// childEnv returns the stack's environment, and the little of our own that a role needs. No other variable of the
// caller reaches a role.
func (s *Stack) childEnv(more map[string]string) []string {
	vars := maps.Clone(s.Env)
	maps.Copy(vars, more)
	env := proc.Environ(func(name string) bool { return name != "PATH" && name != "HOME" && !strings.HasPrefix(name, "OTEL_") })
	for name, value := range vars {
		env = append(env, name+"="+value)
	}
	return env
}

// WriteEnv writes the environment to .relink/dev.env below dir, for a shell to source. The file holds tokens, so it has
// mode 0600.
func (s *Stack) WriteEnv(dir string) (file string, err error) {
	file = filepath.Join(dir, ".relink", "dev.env")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return "", err
	}
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(s.Env)) {
		fmt.Fprintf(&b, "export %s='%s'\n", name, strings.ReplaceAll(s.Env[name], "'", `'\''`))
	}
	return file, scratch.WriteFile(file, []byte(b.String()))
}
