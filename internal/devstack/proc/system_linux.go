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

// The fields of /proc/PID/stat behind the name. The name is in parentheses, and may hold spaces and parentheses itself
// (proc(5)). The state is the file's 3rd field, the start time, in ticks since boot, the 22nd.
const (
	statState = 0
	statStart = 22 - 3
)

func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("look at process %d: %w", pid, err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) <= statStart || fields[statState] == "Z" || fields[statState] == "X" {
		return "", fmt.Errorf("look at process %d: it has ended", pid)
	}
	return fields[statStart], nil
}

// Name returns the base name of the program that the process runs, or nothing if there is no such process.
func Name(pid int) string {
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(comm))
}
