package b_test

import (
	"testing"

	"relink/internal/testkit/testdata/probe/report"
)

func TestProbe(t *testing.T) { report.Write(t, "b") }
