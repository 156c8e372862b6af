package neighbour

import "time"

// Error is returned for a message that a neighbour did not accept. It says what to do about the message. Throttled,
// OurFault and Final make one.
type Error struct {
	err       error
	wait      time.Duration
	throttled bool
	ourFault  bool
	final     bool
}

// Throttled returns an Error for a neighbour that asks us to wait. The message is tried again after wait, or after a
// default pause when wait is 0.
func Throttled(err error, wait time.Duration) error {
	return &Error{err: err, wait: wait, throttled: true}
}

// OurFault returns an Error for refused keys or set-up of ours. The message is tried again slowly, and logged as an
// error.
func OurFault(err error) error { return &Error{err: err, ourFault: true} }

// Final returns an Error for a message that no retry can deliver. The message is given up.
func Final(err error) error { return &Error{err: err, final: true} }

// Error implements error.
func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the neighbour's own error.
func (e *Error) Unwrap() error { return e.err }

// Throttled reports whether the neighbour asks us to wait, and how long; 0 when it does not say.
func (e *Error) Throttled() (time.Duration, bool) { return e.wait, e.throttled }

// OurFault reports whether our keys or our set-up are refused.
func (e *Error) OurFault() bool { return e.ourFault }

// Final reports whether no retry can help.
func (e *Error) Final() bool { return e.final }
