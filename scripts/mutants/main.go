// Command mutants breaks the code in known ways, one fault at a time, and checks that the named test fails.
// It may import the standard library only.
// Start reading at main.
//
// Each testdata/mutants/NAME.patch is one fault: two header lines,
//
//	# fault: what is wrong, in a line
//	# test: ./package TestThatMustTurnRed
//
// and a unified diff with one change. The command does not change the tree: it uses go's -overlay. With names
// as arguments it runs only those mutants.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, names []string) error {
	mutants, err := read(names)
	if err != nil {
		return err
	}
	if err := greenWithout(ctx, mutants); err != nil {
		return err
	}
	killed := 0
	for i, m := range mutants {
		began := time.Now()
		verdict, output := m.try(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		fmt.Printf("%2d/%d  %-34s %s  %s %s  %.1fs\n", i+1, len(mutants), m.name, verdict, m.pkg, m.test, time.Since(began).Seconds())
		if verdict == dead {
			killed++
			continue
		}
		fmt.Printf("       fault: %s\n%s\n", m.fault, output)
	}
	fmt.Printf("%d mutants, %d killed\n", len(mutants), killed)
	if killed < len(mutants) {
		return fmt.Errorf("%d of %d mutants live", len(mutants)-killed, len(mutants))
	}
	return nil
}

// mutant is one fault and the test that must fail with it.
type mutant struct{ name, file, fault, pkg, test string }

func read(names []string) ([]mutant, error) {
	files, err := filepath.Glob("testdata/mutants/*.patch")
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no patches in testdata/mutants, seen from the root of the checkout (%w)", err)
	}
	var mutants []mutant
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".patch")
		if len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m := mutant{name: name, file: file}
		for line := range strings.Lines(string(raw)) {
			if fault, ok := strings.CutPrefix(line, "# fault: "); ok {
				m.fault = strings.TrimSpace(fault)
			}
			if test, ok := strings.CutPrefix(line, "# test: "); ok {
				m.pkg, m.test, _ = strings.Cut(strings.TrimSpace(test), " ")
			}
		}
		if m.fault == "" || m.test == "" {
			return nil, fmt.Errorf("%s lacks its fault or its test", file)
		}
		mutants = append(mutants, m)
	}
	if missing := len(names) - len(mutants); len(names) > 0 && missing > 0 {
		return nil, fmt.Errorf("%d of the named mutants are not there", missing)
	}
	return mutants, nil
}

// greenWithout runs every named test on the unchanged tree. A test that fails there proves nothing.
func greenWithout(ctx context.Context, mutants []mutant) error {
	tests := map[string][]string{}
	for _, m := range mutants {
		if !slices.Contains(tests[m.pkg], m.test) {
			tests[m.pkg] = append(tests[m.pkg], m.test)
		}
	}
	for pkg, names := range tests {
		fmt.Printf("green without: %s, %d tests\n", pkg, len(names))
		out, err := goTest(ctx, pkg, names, "-v")
		if err != nil {
			return fmt.Errorf("the tests of %s are red without any fault:\n%s", pkg, tail(out))
		}
		for _, name := range names {
			if !bytes.Contains(out, []byte("--- PASS: "+name)) {
				return fmt.Errorf("%s has no test %s", pkg, name)
			}
		}
	}
	return nil
}

func goTest(ctx context.Context, pkg string, tests []string, flags ...string) ([]byte, error) {
	// Three times, because some faults depend on the order of events. One failure is enough.
	args := append([]string{"test", "-count=3", "-failfast", "-timeout=3m", "-run=^(" + strings.Join(tests, "|") + ")$"}, flags...)
	return exec.CommandContext(ctx, "go", append(args, pkg)...).CombinedOutput() //nolint:gosec // our own patches name the tests
}

type verdict string

const (
	dead     verdict = "killed  "
	alive    verdict = "SURVIVED"
	unusable verdict = "UNUSABLE" // the patch does not apply, or the patched code does not compile
)

// try runs the named test with the patched file over the tree. The test must fail.
func (m mutant) try(ctx context.Context) (verdict, string) {
	dir, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return unusable, err.Error()
	}
	defer func() { _ = os.RemoveAll(dir) }()
	overlay, err := m.overlay(ctx, dir)
	if err != nil {
		return unusable, err.Error()
	}
	out, err := goTest(ctx, m.pkg, []string{m.test}, "-overlay="+overlay)
	switch {
	case err == nil:
		return alive, ""
	case bytes.Contains(out, []byte("[build failed]")) || bytes.Contains(out, []byte("[setup failed]")):
		return unusable, tail(out)
	case bytes.Contains(out, []byte("--- FAIL: "+m.test)) || bytes.Contains(out, []byte("panic: ")):
		return dead, ""
	}
	return unusable, tail(out)
}

// overlay applies the patch to a copy of its file, and writes the file for go's -overlay.
func (m mutant) overlay(ctx context.Context, dir string) (string, error) {
	patch, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	listed, err := exec.CommandContext(ctx, "git", "apply", "--numstat", patch).Output() //nolint:gosec // our own patch
	if err != nil {
		return "", fmt.Errorf("the patch cannot be read: %w", err)
	}
	replace := map[string]string{}
	for line := range strings.Lines(string(listed)) {
		path := strings.Fields(line)[2]
		source, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		target := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			return "", err
		}
		if err := os.WriteFile(target, source, 0o600); err != nil { //nolint:gosec // our own patches name the files
			return "", err
		}
		original, err := filepath.Abs(path)
		if err != nil {
			return "", err
		}
		replace[original] = target
	}
	apply := exec.CommandContext(ctx, "git", "apply", patch) //nolint:gosec // our own patch
	apply.Dir = dir
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(dir))
	if out, err := apply.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the patch does not apply any more: %s", out)
	}
	encoded, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, encoded, 0o600)
}

// tail returns the end of go test's output.
func tail(out []byte) string {
	const most = 3000
	if len(out) > most {
		out = out[len(out)-most:]
	}
	return string(out)
}
