package item_test

import (
	"flag"
	"os"
	"testing"
)

// TestMain makes rapid check each property over a thousand lives, unless the caller sets another number.
func TestMain(m *testing.M) {
	flag.Parse()
	wanted := false
	flag.Visit(func(f *flag.Flag) { wanted = wanted || f.Name == "rapid.checks" })
	if !wanted {
		if err := flag.Set("rapid.checks", "1000"); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
