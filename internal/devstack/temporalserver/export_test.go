package temporalserver

import (
	"runtime"
	"testing"
)

// What the tests of downloads reach behind the doors for.
var (
	Archive = archive
	Fetch   = fetch
)

// ExpectSum replaces the SHA-256 sum of this system's archive for one test.
func ExpectSum(t *testing.T, sum string) {
	t.Helper()
	system := runtime.GOOS + "_" + runtime.GOARCH
	before := checksums[system]
	checksums[system] = sum
	t.Cleanup(func() { checksums[system] = before })
}
