//go:build unix && !linux

package proc

import "os/exec"

// tie makes the child end when we do, by a guard: this system has no death signals.
func tie(cmd *exec.Cmd, o Options) (release func(), err error) {
	return guard(cmd, o)
}
