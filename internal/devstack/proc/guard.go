package proc

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// The shell becomes the child by exec, so the child has the shell's process id, which is also the group's. Before that
// the shell leaves a guard in the group. The guard reads from a pipe that only we can write to. When we end, however we
// end, the kernel closes our side. Then the guard sends the death signal to the group, and SIGKILL 2 s later. The pipe
// exists before the child does, so our death never goes unnoticed. The guard itself ignores the polite signals.
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

// guard rewrites cmd so that its whole group ends when we do. Call release when the child has ended or could not start.
func guard(cmd *exec.Cmd, o Options) (release func(), err error) {
	// A missing tool is an error here and now. From the shell the error would come late, as an exit status.
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
			// The child is gone. This ends what it left in the group, and the guard, which kept the group's id from
			// reuse.
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
		_ = write.Close()
	}, nil
}
