package devstack

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
)

// Relink runs one of relink's own commands beside the roles, as a person at a shell would, and answers its standard
// output. What it says on standard error is in the log of commands, and, when it fails, the end of that in the error.
func (s *Stack) Relink(ctx context.Context, args ...string) (string, error) {
	log, err := s.log("commands")
	if err != nil {
		return "", err
	}
	var out, said bytes.Buffer
	cmd := exec.CommandContext(ctx, s.opts.Binary, args...) //nolint:gosec // our own binary
	cmd.Env, cmd.Stdout, cmd.Stderr = s.childEnv(nil), &out, &said
	err = cmd.Run()
	if _, err := fmt.Fprintf(log, "relink %s\n%s%s", strings.Join(args, " "), out.Bytes(), said.Bytes()); err != nil {
		return "", fmt.Errorf("write log: %w", err)
	}
	if err != nil {
		lines := strings.Split(strings.TrimSpace(said.String()), "\n")
		return "", fmt.Errorf("relink %s: %w: %s", args[0], err, lines[len(lines)-1])
	}
	return out.String(), nil
}
