//go:build unix && !linux

package proc

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

func startOf(pid int) (string, error) {
	// The state comes first, "Z" for a process that has ended and is only waited for.
	text := ps(pid, "state=,lstart=")
	if text == "" || strings.HasPrefix(text, "Z") {
		return "", fmt.Errorf("look at process %d: it has ended", pid)
	}
	_, start, _ := strings.Cut(text, " ")
	return strings.TrimSpace(start), nil
}

func nameOf(pid int) string { return filepath.Base(ps(pid, "comm=")) }

func ps(pid int, columns string) string {
	out, err := exec.Command("ps", "-o", columns, "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return "" // ps fails where there is no such process
	}
	return strings.TrimSpace(string(out))
}
