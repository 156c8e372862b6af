package proc

import (
	"os"
	"slices"
	"strings"
)

// Environ is our own environment without the variables that unwanted names, and with more ("NAME=value"): a child of ours is
// not to be steered by what its user has set for other programs.
func Environ(unwanted func(name string) bool, more ...string) []string {
	ours := os.Environ() //nolint:forbidigo // handed on to a child, not read
	return append(slices.DeleteFunc(ours, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return unwanted(name)
	}), more...)
}
