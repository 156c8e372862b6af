package policy

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"relink/internal/item"
)

// Parse reads a policy file over the default policy: keys that the file does not name keep their defaults. The error
// lists every problem of the file, each with its line.
func Parse(file []byte) (Policy, error) {
	p := Default()
	var root yaml.Node
	if err := yaml.Unmarshal(file, &root); err != nil {
		return Policy{}, fmt.Errorf("policy: %w", err)
	}
	if len(root.Content) == 0 { // an empty file changes nothing
		return p, nil
	}
	p.Partners, p.Merchants = map[string]Change{}, map[string]Change{}
	r := reader{}
	r.members(root.Content[0], "the policy", reflect.ValueOf(&p).Elem())
	if err := errors.Join(r.problems...); err != nil {
		return Policy{}, fmt.Errorf("the policy is not right:\n%w", err)
	}
	return p, nil
}

// reader fills structs from the file's nodes, which know their lines. A struct's yaml tags name its keys, and the type
// of a field decides how its value is written, so a new rule needs no code here. The reader collects every problem.
type reader struct{ problems []error }

func (r *reader) wrong(n *yaml.Node, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("  line %d: %s", n.Line, fmt.Sprintf(format, args...)))
}

// member is where the value of a key goes.
type member struct {
	tag   reflect.StructTag
	value reflect.Value
}

// membersOf maps the keys of a struct to its fields. The keys of a field that is tagged inline count as the struct's
// own.
func membersOf(v reflect.Value) map[string]member {
	all := map[string]member{}
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		if key := tag.Get("yaml"); key == ",inline" {
			maps.Copy(all, membersOf(v.Field(i)))
		} else {
			all[key] = member{tag, v.Field(i)}
		}
	}
	return all
}

// members reads a mapping into the struct v. what names the mapping in problems.
func (r *reader) members(n *yaml.Node, what string, v reflect.Value) {
	known := membersOf(v)
	r.pairs(n, what+": expected names and values", func(key, value *yaml.Node) {
		if m, ok := known[key.Value]; ok {
			r.value(value, key.Value, m)
			return
		}
		r.wrong(key, "%s has no %q; it has %s", what, key.Value, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	})
}

// pairs calls do for each key of a mapping, once.
func (r *reader) pairs(n *yaml.Node, expected string, do func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		r.wrong(n, "%s", expected)
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if seen[key.Value] {
			r.wrong(key, "%q is there twice", key.Value)
			continue
		}
		seen[key.Value] = true
		do(key, n.Content[i+1])
	}
}

func (r *reader) value(n *yaml.Node, key string, m member) {
	v := m.value
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch to := v.Addr().Interface().(type) {
	case *time.Duration:
		r.duration(n, to, m.tag.Get("least"))
	case *int:
		r.count(n, to)
	case *bool:
		r.boolean(n, to)
	case *Quiet:
		r.quiet(n, to)
	case *Weekdays:
		r.weekdays(n, to)
	case *[]time.Duration:
		r.steps(n, key, to, m.tag.Get("order") == "falling")
	case *map[item.Cause]Change:
		named(r, n, key, *to)
		r.onlyCauses(n)
	case *map[string]Change:
		named(r, n, key, *to)
	default:
		r.members(n, key, v)
	}
}

// named reads a mapping of names to changes.
func named[K ~string](r *reader, n *yaml.Node, what string, to map[K]Change) {
	r.pairs(n, what+": expected names and what is different for each", func(key, value *yaml.Node) {
		var c Change
		r.members(value, what+"."+key.Value, reflect.ValueOf(&c).Elem())
		to[K(key.Value)] = c
	})
}

func (r *reader) onlyCauses(n *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if name := n.Content[i]; n.Kind == yaml.MappingNode && !slices.Contains(item.Causes(), item.Cause(name.Value)) {
			r.wrong(name, "there is no cause %q; there are %s", name.Value, join(item.Causes()))
		}
	}
}

// duration reads a time of at least least, which may be empty.
func (r *reader) duration(n *yaml.Node, to *time.Duration, least string) {
	d, err := ParseDuration(n.Value)
	switch bound, _ := ParseDuration(least); { // no bound is 0
	case err != nil || n.Kind != yaml.ScalarNode:
		r.wrong(n, "expected a time such as 15m, 48h or 2d, got %q", n.Value)
	case d < bound:
		r.wrong(n, "expected at least %s, got %q", least, n.Value)
	}
	*to = d
}

func (r *reader) count(n *yaml.Node, to *int) {
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < 0 {
		r.wrong(n, "expected a number from 0 on, got %q", n.Value)
	}
	*to = v
}

func (r *reader) boolean(n *yaml.Node, to *bool) {
	if n.Kind != yaml.ScalarNode || (n.Value != "true" && n.Value != "false") {
		r.wrong(n, "expected true or false, got %q", n.Value)
	}
	*to = n.Value == "true"
}

// quiet reads "20:00-08:00", or "none".
func (r *reader) quiet(n *yaml.Node, to *Quiet) {
	if n.Value == "none" {
		*to = Quiet{}
		return
	}
	from, until, ok := strings.Cut(n.Value, "-")
	a, err1 := time.Parse("15:04", strings.TrimSpace(from))
	b, err2 := time.Parse("15:04", strings.TrimSpace(until))
	if !ok || err1 != nil || err2 != nil {
		r.wrong(n, `expected quiet hours such as "20:00-08:00", or none, got %q`, n.Value)
	}
	*to = Quiet{From: minuteOf(a), To: minuteOf(b)}
}

func (r *reader) weekdays(n *yaml.Node, to *Weekdays) {
	names := []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}
	*to = Weekdays{}
	for _, e := range n.Content {
		i := slices.Index(names, e.Value)
		if i < 0 {
			r.wrong(e, "there is no weekday %q; there are %s", e.Value, strings.Join(names, ", "))
			continue
		}
		to[i] = true
	}
	if n.Kind != yaml.SequenceNode || *to == (Weekdays{}) {
		r.wrong(n, "expected the weekdays on which mails go out, such as [mon, tue, wed, thu, fri]")
	}
}

// steps reads a list of times in growing or falling order.
func (r *reader) steps(n *yaml.Node, key string, to *[]time.Duration, falling bool) {
	if n.Kind != yaml.SequenceNode || len(n.Content) == 0 {
		r.wrong(n, "%s: expected a list of times such as [0d, 2d, 5d]", key)
	}
	*to = []time.Duration{} // a list of its own, so that the default's list stays as it is
	for i, e := range n.Content {
		var d time.Duration
		r.duration(e, &d, "")
		if i > 0 && !falling && d <= (*to)[i-1] {
			r.wrong(e, "%s: %s must be longer than the one before it", key, e.Value)
		}
		if i > 0 && falling && d >= (*to)[i-1] {
			r.wrong(e, "%s: %s must be shorter than the one before it", key, e.Value)
		}
		*to = append(*to, d)
	}
}

func join(causes []item.Cause) string {
	names := make([]string, len(causes))
	for i, c := range causes {
		names[i] = string(c)
	}
	return strings.Join(names, ", ")
}
