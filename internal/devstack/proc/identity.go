package proc

// ID names one process for good. A bare process id is given to another process sooner or later.
type ID struct {
	PID   int    `json:"pid"`
	Start string `json:"start"` // when it started, in whatever form the system tells it
}

// Identify looks at a living process.
func Identify(pid int) (ID, error) {
	start, err := startOf(pid)
	return ID{PID: pid, Start: start}, err
}

// Alive tells whether the process still runs. One that has ended and is only waited for (a zombie) does not.
func (id ID) Alive() bool {
	start, err := startOf(id.PID)
	return err == nil && start == id.Start
}

// Name is the base name of the program that the process runs, empty where there is no such process.
func Name(pid int) string { return nameOf(pid) }

// IsGoTool tells whether the process is the go command, as it is the parent of a program under go run and of a test binary under go test.
func IsGoTool(pid int) bool { return nameOf(pid) == "go" }
