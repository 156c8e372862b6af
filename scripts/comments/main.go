// Command comments checks the comments of the Go files that are named as its arguments: no line is wider than 120
// columns, unless it holds a URL, and no doc comment says that a function "answers" something. It prints each finding
// with its place, and exits with 1 if there is one.
// It imports only the standard library.
// Start with check.
package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"
)

// widest is the widest comment line, in columns. A tab counts as one column, as lll counts it.
const widest = 120

var answers = regexp.MustCompile(`^// \w+ answers\b`)

func main() {
	failed := false
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file) //nolint:gosec // the files that the caller names are what is to be read
		if err != nil {
			fmt.Fprintln(os.Stderr, "comments:", err)
			os.Exit(1)
		}
		for _, finding := range check(string(text)) {
			fmt.Printf("%s:%s\n", file, finding)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}

// check returns the findings of one file, each as "line: what is wrong".
func check(text string) (findings []string) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(strings.TrimLeft(line, "\t"), "//") {
			continue
		}
		if width := utf8.RuneCountInString(line); width > widest && !strings.Contains(line, "://") {
			findings = append(findings, fmt.Sprintf("%d: the comment is %d columns wide; %d are allowed", number, width, widest))
		}
		if answers.MatchString(line) {
			findings = append(findings, fmt.Sprintf(`%d: write "returns": %s`, number, line))
		}
	}
	return findings
}
