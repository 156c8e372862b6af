package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

const slowest = 10

func main() {
	ok, err := report(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// event is a line of `go test -json` (go doc test2json, go help buildjson).
type event struct {
	Action     string
	Package    string
	ImportPath string // of a build
	Test       string
	Elapsed    float64 // seconds
	Output     string
}

// test is one test, or a whole package if the name is empty.
type test struct{ pkg, name string }

type timed struct {
	test
	seconds float64
}

// report prints a summary of the events. ok means that a test ran and nothing failed.
func report(in io.Reader, out io.Writer) (ok bool, err error) {
	var (
		outputs                 = map[test]*strings.Builder{}
		times                   []timed
		passed, failed, skipped int
		broken                  bool
	)
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil && err != io.EOF {
			return false, fmt.Errorf("read the events: %w", err)
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			fmt.Fprintf(out, "%s", line) // a line of the go command itself: some of its errors are no JSON
			continue
		}
		key := test{e.Package, e.Test}
		switch e.Action {
		case "output":
			if e.Test == "" && isSummary(e.Output) {
				fmt.Fprint(out, e.Output)
				continue
			}
			if outputs[key] == nil {
				outputs[key] = &strings.Builder{}
			}
			outputs[key].WriteString(e.Output)
			continue
		case "build-output":
			fmt.Fprint(out, e.Output)
			continue
		case "build-fail":
			broken = true
			continue
		case "fail":
			broken = true
			if text := outputs[key]; text != nil {
				fmt.Fprint(out, text)
			}
		case "pass", "skip":
		default:
			continue
		}
		delete(outputs, key)
		if e.Test == "" {
			continue
		}
		times = append(times, timed{key, e.Elapsed})
		switch e.Action {
		case "pass":
			passed++
		case "fail":
			failed++
		case "skip":
			skipped++
		}
	}
	for _, text := range outputs { // of tests that never ended, because their process died
		fmt.Fprint(out, text)
	}
	printSlowest(out, times)
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	return !broken && len(outputs) == 0 && passed > 0, nil
}

// isSummary reports whether the line is go test's closing line of a package.
func isSummary(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t") || strings.HasPrefix(line, "?   \t")
}

// printSlowest prints the ten slowest tests. It leaves out subtests, because their parents' times include theirs.
func printSlowest(out io.Writer, times []timed) {
	times = slices.DeleteFunc(times, func(t timed) bool { return strings.Contains(t.name, "/") })
	slices.SortStableFunc(times, func(a, b timed) int { return cmp.Compare(b.seconds, a.seconds) })
	fmt.Fprintln(out, "\nthe slowest tests:")
	for _, t := range times[:min(len(times), slowest)] {
		fmt.Fprintf(out, "%7.2f s  %s %s\n", t.seconds, t.pkg, t.name)
	}
}
