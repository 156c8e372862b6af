package policy

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"relink/internal/item"
)

// Parse reads a policy file over the default policy: what it does not name stays. All that is wrong with it is reported
// together, each problem with its line.
func Parse(file []byte) (Policy, error) {
	p := Default()
	var root yaml.Node
	if err := yaml.Unmarshal(file, &root); err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	if len(root.Content) == 0 { // an empty file changes nothing
		return p, nil
	}
	r := reader{}
	r.policy(root.Content[0], &p)
	if err := errors.Join(r.problems...); err != nil {
		return Policy{}, fmt.Errorf("the policy is not right:\n%w", err)
	}
	return p, nil
}

// reader walks the file's nodes, which know their lines, and gathers what is wrong.
type reader struct{ problems []error }

func (r *reader) wrong(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("  line %d: %s", n.Line, fmt.Sprintf(format, args...)))
}

// fields calls the reader of each member; a name that has none is wrong.
func (r *reader) fields(n *yaml.Node, what string, read map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "%s: expected names and values", what)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		f, known := read[name.Value]
		switch {
		case !known:
			r.wrong(name, "%s has no %q; it has %s", what, name.Value, strings.Join(slices.Sorted(maps.Keys(read)), ", "))
		case seen[name.Value]:
			r.wrong(name, "%q is there twice", name.Value)
		default:
			seen[name.Value] = true
			f(n.Content[i+1])
		}
	}
}

func (r *reader) policy(n *yaml.Node, p *Policy) {
	var everybody Change
	read := r.changes(&everybody)
	p.Partners, p.Merchants = map[string]Change{}, map[string]Change{}
	read["causes"] = func(n *yaml.Node) {
		r.named(n, "causes", func(name *yaml.Node, c Change) {
			if !slices.Contains(item.Causes(), item.Cause(name.Value)) {
				r.wrong(name, "there is no cause %q; there are %s", name.Value, join(item.Causes()))
			}
			p.Causes[item.Cause(name.Value)] = c
		})
	}
	read["partners"] = func(n *yaml.Node) {
		r.named(n, "partners", func(name *yaml.Node, c Change) { p.Partners[name.Value] = c })
	}
	read["merchants"] = func(n *yaml.Node) {
		r.named(n, "merchants", func(name *yaml.Node, c Change) { p.Merchants[name.Value] = c })
	}
	read["mass_break"] = func(n *yaml.Node) {
		r.fields(n, "mass_break", map[string]func(*yaml.Node){
			"within": r.duration(&p.MassBreak.Within), "of_institution": r.count(&p.MassBreak.OfInstitution), "of_all": r.count(&p.MassBreak.OfAll),
		})
	}
	read["perpetual"] = func(n *yaml.Node) {
		r.fields(n, "perpetual", map[string]func(*yaml.Node){
			"within": r.duration(&p.Perpetual.Within), "relinks": r.count(&p.Perpetual.Relinks),
		})
	}
	read["reconcile"] = func(n *yaml.Node) {
		r.fields(n, "reconcile", map[string]func(*yaml.Node){
			"every": r.period(&p.Reconcile.Every), "stale_after": r.duration(&p.Reconcile.StaleAfter), "repair_webhooks": r.truth(&p.Reconcile.RepairWebhooks),
		})
	}
	r.fields(n, "the policy", read)
	p.Everybody = everybody.of(p.Everybody)
}

// named reads a mapping of names to changes.
func (r *reader) named(n *yaml.Node, what string, take func(name *yaml.Node, c Change)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "%s: expected names and what is different for each", what)
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		var c Change
		r.fields(n.Content[i+1], what+"."+n.Content[i].Value, r.changes(&c))
		take(n.Content[i], c)
	}
}

// changes reads the members that everybody has, and that causes, partners and merchants may have otherwise.
func (r *reader) changes(c *Change) map[string]func(*yaml.Node) {
	return map[string]func(*yaml.Node){
		"second_look":    func(n *yaml.Node) { c.SecondLook = new(time.Duration); r.duration(c.SecondLook)(n) },
		"gap":            func(n *yaml.Node) { c.Gap = new(time.Duration); r.duration(c.Gap)(n) },
		"escalate_after": func(n *yaml.Node) { c.EscalateAfter = new(time.Duration); r.duration(c.EscalateAfter)(n) },
		"shadow":         func(n *yaml.Node) { c.Shadow = new(bool); r.truth(c.Shadow)(n) },
		"quiet":          func(n *yaml.Node) { c.Quiet = r.quiet(n) },
		"weekdays":       func(n *yaml.Node) { c.Weekdays = r.weekdays(n) },
		"steps":          func(n *yaml.Node) { c.Steps = r.steps(n, "steps", 1) },
		"before":         func(n *yaml.Node) { c.Before = r.steps(n, "before", -1) },
	}
}

func (r *reader) duration(to *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d, err := ParseDuration(n.Value)
		if err != nil || n.Kind != yaml.ScalarNode {
			r.wrong(n, "expected a time such as 15m, 48h or 2d, got %q", n.Value)
		}
		*to = d
	}
}

// period reads how often something is done.
func (r *reader) period(to *time.Duration) func(*yaml.Node) {
	return func(n *yaml.Node) {
		r.duration(to)(n)
		if *to < time.Minute {
			r.wrong(n, "expected at least 1m, got %q", n.Value)
		}
	}
}

func (r *reader) count(to *int) func(*yaml.Node) {
	return func(n *yaml.Node) {
		v, err := strconv.Atoi(n.Value)
		if err != nil || v < 0 {
			r.wrong(n, "expected a number from 0 on, got %q", n.Value)
		}
		*to = v
	}
}

func (r *reader) truth(to *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || (n.Value != "true" && n.Value != "false") {
			r.wrong(n, "expected true or false, got %q", n.Value)
		}
		*to = n.Value == "true"
	}
}

// quiet reads "20:00-08:00", or "none".
func (r *reader) quiet(n *yaml.Node) *Quiet {
	if n.Value == "none" {
		return &Quiet{}
	}
	from, to, ok := strings.Cut(n.Value, "-")
	a, err1 := time.Parse("15:04", strings.TrimSpace(from))
	b, err2 := time.Parse("15:04", strings.TrimSpace(to))
	if !ok || err1 != nil || err2 != nil {
		r.wrong(n, `expected quiet hours such as "20:00-08:00", or none, got %q`, n.Value)
		return nil
	}
	return &Quiet{From: minuteOf(a), To: minuteOf(b)}
}

func (r *reader) weekdays(n *yaml.Node) *Weekdays {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	var w Weekdays
	for _, e := range n.Content {
		i := slices.Index(names, e.Value)
		if i < 0 {
			r.wrong(e, "there is no weekday %q; there are %s", e.Value, strings.Join(names, ", "))
			continue
		}
		w[i] = true
	}
	if n.Kind != yaml.SequenceNode || w == (Weekdays{}) {
		r.wrong(n, "expected the weekdays on which mails go out, such as [mon, tue, wed, thu, fri]")
	}
	return &w
}

// steps reads times in growing (direction 1) or falling (-1) order.
func (r *reader) steps(n *yaml.Node, what string, direction int) *[]time.Duration {
	steps := []time.Duration{}
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.wrong(n, "%s: expected a list of times such as [0d, 2d, 5d]", what)
	}
	for i, e := range n.Content {
		var d time.Duration
		r.duration(&d)(e)
		if i > 0 && (d-steps[i-1])*time.Duration(direction) <= 0 {
			r.wrong(e, "%s: %s must be %s than the one before it", what, e.Value, map[int]string{1: "longer", -1: "shorter"}[direction])
		}
		steps = append(steps, d)
	}
	return &steps
}

// ParseDuration reads Go's durations and days: "15m", "48h", "2d", "1d12h".
func ParseDuration(s string) (time.Duration, error) {
	days, rest, ok := strings.Cut(s, "d")
	if !ok {
		days, rest = "0", s
	}
	n, err := strconv.Atoi(days)
	if err != nil {
		return 0, fmt.Errorf("days: %w", err)
	}
	var d time.Duration
	if rest != "" {
		if d, err = time.ParseDuration(rest); err != nil {
			return 0, err
		}
	}
	if n < 0 || d < 0 || n > 3650 {
		return 0, errors.New("out of range")
	}
	return time.Duration(n)*day + d, nil
}

// spell is a duration as people say it: "48h", "2d".
func spell(d time.Duration) string {
	switch {
	case d >= 3*day && d%day == 0:
		return fmt.Sprintf("%dd", d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return d.String()
}

func join(causes []item.Cause) string {
	names := make([]string, len(causes))
	for i, c := range causes {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}
