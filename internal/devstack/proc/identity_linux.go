package proc

import (
	"fmt"
	"os"
	"strings"
)

// The fields of /proc/PID/stat after the name in parentheses, which may hold spaces and parentheses itself (proc(5)):
// the state is the 3rd of the file, the start time, in ticks since boot, the 22nd.
const (
	statState = 0
	statStart = 22 - 3
)

func startOf(pid int) (string, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", fmt.Errorf("look at process %d: %w", pid, err)
	}
	text := string(stat)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= statStart {
		return "", fmt.Errorf("look at process %d: its stat has %d fields", pid, len(fields))
	}
	if state := fields[statState]; state == "Z" || state == "X" {
		return "", fmt.Errorf("look at process %d: it has ended", pid)
	}
	return fields[statStart], nil
}

func nameOf(pid int) string {
	comm, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return strings.TrimSpace(string(comm))
}
