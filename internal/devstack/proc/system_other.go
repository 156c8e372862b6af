//go:build unix && !linux

package proc

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// tie makes the child end when we do, by a guard: this system has no death signals.
func tie(cmd *exec.Cmd, o Options) (release func(), err error) { return guard(cmd, o) }

func startOf(pid int) (string, error) {
	// The state comes first: "Z" is a process that has ended and waits for its parent.
	state, start, _ := strings.Cut(ps(pid, "state=,lstart="), " ")
	if state == "" || strings.HasPrefix(state, "Z") {
		return "", fmt.Errorf("look at process %d: it has ended", pid)
	}
	return strings.TrimSpace(start), nil
}

// Name returns the base name of the program that the process runs, or "." if there is no such process.
func Name(pid int) string { return filepath.Base(ps(pid, "comm=")) }

func ps(pid int, columns string) string {
	out, _ := exec.Command("ps", "-o", columns, "-p", strconv.Itoa(pid)).Output() // it fails if there is no such process
	return strings.TrimSpace(string(out))
}
