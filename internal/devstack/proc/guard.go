package proc

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// The shell becomes the child by exec and so keeps its process id, which is also the group's. Before that it leaves a guard in
// the group, which sleeps on a pipe that only we can write to: when we end, however we end, the kernel closes our side, the guard reads
// the end of the file, and the group gets the death signal and, 2 s later, SIGKILL. The pipe is there before the child is, so that
// there is no moment at which our death goes unnoticed. The guard itself outlives the polite signals.
const guardScript = `
(
	trap '' HUP INT QUIT TERM
	if read -r line <&3; then exit 0; fi
	kill -"$1" -$$
	sleep 2
	kill -9 -$$
) </dev/null >/dev/null 2>&1 &
shift
exec "$@" 3<&-`

// guard rewrites cmd so that its whole group ends when we do. The returned func is to be called when the child has ended (or could not be started).
func guard(cmd *exec.Cmd, o Options) (release func(), err error) {
	// A tool that is not there is an error here and now; from the shell it would come late and as an exit status.
	if _, err := exec.LookPath(o.Path); err != nil {
		return nil, err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("make the guard's pipe: %w", err)
	}
	cmd.Args = append([]string{"sh", "-c", guardScript, "sh", strconv.Itoa(int(o.DeathSignal)), cmd.Path}, o.Args...)
	cmd.Path = "/bin/sh"
	// ExtraFiles begin at 3, the number in the script.
	cmd.ExtraFiles = append([]*os.File{read}, o.ExtraFiles...)
	return func() {
		_ = read.Close()
		if cmd.Process != nil {
			// The child is gone, and with it go what it left in the group and the guard, which keeps the group's id from being reused.
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		_ = write.Close()
	}, nil
}
