package neighbour

import "time"

// Error is a message that a neighbour did not take, sorted by what to do about it. Throttled, OurFault and Final make
// one.
type Error struct {
	err       error
	wait      time.Duration
	throttled bool
	ourFault  bool
	final     bool
}

// Throttled sorts an error: the neighbour asks for patience. It is tried again after wait, or after a default pause
// when wait is 0.
func Throttled(err error, wait time.Duration) error {
	return &Error{err: err, wait: wait, throttled: true}
}

// OurFault sorts an error: our keys or our set-up are refused. It is tried again slowly, and logged as an error.
func OurFault(err error) error { return &Error{err: err, ourFault: true} }

// Final sorts an error: no try can help. The message is given up.
func Final(err error) error { return &Error{err: err, final: true} }

// Error implements error.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error that was sorted.
func (e *Error) Unwrap() error { return e.err }

// Throttled reports that the neighbour asks for patience, and for how long; 0 when it did not say.
func (e *Error) Throttled() (time.Duration, bool) { return e.wait, e.throttled }

// OurFault reports that our keys or our set-up are refused.
func (e *Error) OurFault() bool { return e.ourFault }

// Final reports that no try can help.
func (e *Error) Final() bool { return e.final }
