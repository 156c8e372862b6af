package documents_test

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	fences  = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")
	spans   = regexp.MustCompile("`([^`]+)`")
	links   = regexp.MustCompile(`\]\(([^)\s]+)\)|src="([^"]+)"`)
	located = regexp.MustCompile("`([\\w.]+)` in `([^`]+\\.go)`")

	separators = regexp.MustCompile(`[\s"'=,;()]+|<br>`)
	pathLike   = regexp.MustCompile(`^[\w.*/-]+$`)
	fileLike   = regexp.MustCompile(`\.(go|md|sql|ya?ml|html|txt|js|css|csv|svg|png|patch|mod)$`)
	qualified  = regexp.MustCompile(`^([a-z][a-z0-9]*)\.([A-Z]\w*)(?:\.(\w+))?(?:\(\))?$`)
	testName   = regexp.MustCompile(`\bTest[A-Z]\w+`)
	makeCall   = regexp.MustCompile(`\bmake ([a-z][a-z-]*)`)
	goCall     = regexp.MustCompile(`\bgo (?:run|test|vet|build)\b[^#|;]*`)
	otherTools = regexp.MustCompile(`^(relink|temporal|date|echo|chronyc)\b`)
	// placeholder stands for a name that the reader chooses.
	placeholder = regexp.MustCompile(`[A-Z]{4,}|NN+`)
)

// problems returns what a document names that is not there. doc is its path, against which its links count.
func (c *checkout) problems(t *testing.T, doc, text string) (wrong []string) {
	t.Helper()
	report := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(doc+": "+format, args...)) }
	for _, m := range fences.FindAllStringSubmatch(text, -1) {
		switch m[1] {
		case "sh":
			for line := range strings.Lines(m[2]) {
				c.checkCommand(line, report)
			}
		case "mermaid":
			c.checkPaths(m[2], report)
		}
	}
	prose := fences.ReplaceAllString(text, "")
	for _, m := range links.FindAllStringSubmatch(prose, -1) {
		c.checkLink(t, doc, text, m[1]+m[2], report)
	}
	for _, m := range located.FindAllStringSubmatch(prose, -1) {
		name := m[1][strings.LastIndex(m[1], ".")+1:]
		if c.entries[m[2]] && !regexp.MustCompile(`\b`+name+`\b`).MatchString(c.read(t, m[2])) {
			report("%s does not hold %s", m[2], m[1])
		}
	}
	for _, m := range spans.FindAllStringSubmatch(prose, -1) {
		span := m[1]
		c.checkCommand(span, report)
		if !otherTools.MatchString(span) {
			c.checkPaths(span, report)
		}
		for _, name := range testName.FindAllString(span, -1) {
			if !c.hasTest(name) {
				report("there is no test %s", name)
			}
		}
		if q := qualified.FindStringSubmatch(span); q != nil {
			names := slices.DeleteFunc([]string{q[2], q[3]}, func(s string) bool { return s == "" })
			if known, declares := c.hasPackage(q[1], names...); known && !declares {
				report("package %s does not declare %s", q[1], strings.Join(names, "."))
			}
		}
	}
	return wrong
}

// checkCommand checks the targets of make and the packages of the go command in a line of a shell.
func (c *checkout) checkCommand(line string, report func(string, ...any)) {
	for _, m := range makeCall.FindAllStringSubmatch(line, -1) {
		if !slices.Contains(c.targets, m[1]) {
			report("make has no target %s", m[1])
		}
	}
	for _, call := range goCall.FindAllString(line, -1) {
		for _, word := range strings.Fields(call) {
			if dir, ok := strings.CutPrefix(word, "./"); ok && !strings.HasPrefix(dir, "...") {
				dir = strings.TrimSuffix(strings.TrimSuffix(dir, "/..."), "/")
				if !slices.ContainsFunc(c.packages(), func(p string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }) &&
					!placeholder.MatchString(dir) {
					report("there is no Go package in %s", dir)
				}
			}
		}
	}
}

// checkPaths checks the words of a span that look like a path: they begin with a folder of the checkout, or end like a
// file. A file may be named by the end of its path alone.
func (c *checkout) checkPaths(span string, report func(string, ...any)) {
	for _, word := range separators.Split(span, -1) {
		word = strings.TrimRight(strings.TrimPrefix(word, "./"), ".:/")
		first, _, nested := strings.Cut(word, "/")
		switch {
		case !pathLike.MatchString(word) || first == "" || slices.Contains(c.made, first):
		case nested && c.entries[first]:
			if !c.has(word) {
				report("there is no %s", word)
			}
		case fileLike.MatchString(word):
			if !c.has(word) && !c.has("**/"+word) {
				report("there is no file %s", word)
			}
		}
	}
}

// has reports whether an entry of the checkout matches a path. A star stands for any name, and so does a placeholder in
// capital letters; two stars at the beginning stand for any folder.
func (c *checkout) has(pattern string) bool {
	pattern = strings.TrimSuffix(pattern, "/**")
	if c.entries[pattern] {
		return true
	}
	tail, anywhere := strings.CutPrefix(pattern, "**/")
	tail = placeholder.ReplaceAllString(tail, "*")
	depth := strings.Count(tail, "/")
	for entry := range c.entries {
		if anywhere {
			parts := strings.Split(entry, "/")
			entry = strings.Join(parts[max(0, len(parts)-1-depth):], "/")
		}
		if ok, err := path.Match(tail, entry); ok && err == nil {
			return true
		}
	}
	return false
}

// checkLink checks the file and the heading that a relative link leads to.
func (c *checkout) checkLink(t *testing.T, doc, text, link string, report func(string, ...any)) {
	t.Helper()
	if strings.Contains(link, "://") {
		return
	}
	file, anchor, _ := strings.Cut(link, "#")
	target := doc
	if file != "" {
		if target = path.Join(path.Dir(doc), file); !c.entries[target] {
			report("the link %s leads nowhere", link)
			return
		}
		if anchor != "" {
			text = c.read(t, target)
		}
	}
	if anchor != "" && !slices.Contains(headings(text), anchor) {
		report("%s has no heading #%s", target, anchor)
	}
}

// headings returns the anchors of a document's headings, as GitHub makes them.
func headings(text string) (anchors []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(fences.ReplaceAllString(text, ""), -1) {
		plain := regexp.MustCompile(`[^\p{L}\p{N}\s_-]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, strings.ReplaceAll(plain, " ", "-"))
	}
	return anchors
}
