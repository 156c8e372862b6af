package proc

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
)

// tie makes the child end when we do: by the kernel's death signal, and for its own children by a guard.
func tie(cmd *exec.Cmd, o Options) (release func(), err error) {
	release = func() {}
	if o.Group {
		release, err = guard(cmd, o)
	}
	cmd.SysProcAttr.Pdeathsig = o.DeathSignal
	return release, err
}

// startOf reads /proc/PID/stat. Its 2nd field, the name, is in parentheses and may hold spaces and parentheses itself.
// The state is the 3rd field; the start time, in ticks since boot, is the 22nd (proc(5)).
func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("look at process %d: %w", pid, err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:])) // from the 3rd on
	if len(fields) <= 22-3 || fields[0] == "Z" || fields[0] == "X" {
		return "", fmt.Errorf("look at process %d: it has ended", pid)
	}
	return fields[22-3], nil
}

// Name returns the base name of the program that the process runs, or nothing if there is no such process.
func Name(pid int) string {
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(comm))
}
