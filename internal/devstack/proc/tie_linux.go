package proc

import "os/exec"

// tie makes the child end when we do, by the kernel: it delivers the death signal when the thread that forked the child is gone,
// and kill -9 of a process ends all its threads. Go arms it in the child after the change of user, which would clear it, and
// then checks that the parent is still the same, so that there is no gap (prctl(2), PR_SET_PDEATHSIG; syscall.forkAndExecInChild1).
// It reaches the child alone, so a whole group needs the guard as well.
func tie(cmd *exec.Cmd, o Options) (release func(), err error) {
	release = func() {}
	if o.Group {
		release, err = guard(cmd, o)
	}
	cmd.SysProcAttr.Pdeathsig = o.DeathSignal
	return release, err
}
