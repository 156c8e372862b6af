package e2e

import "os"

import "testing"

func TestZZ(t *testing.T) {
	l := look(t)
	t.Cleanup(func() {
		if t.Failed() {
			_ = os.WriteFile("/tmp/otel-fail.log", l.log.w.bytes(), 0o644)
		}
	})
	l.watchedRelink(t, within(t, patience))
}
