package wire_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// marshalsItself reports that a type has a JSON form of its own, such as time.Time.
func marshalsItself(t reflect.Type) bool {
	return t.Implements(typeOf[json.Marshaler]()) || reflect.PointerTo(t).Implements(typeOf[json.Unmarshaler]())
}

// untagged returns the exported fields whose JSON name would be their Go name by accident, of a type and of all that is
// in it.
func untagged(t reflect.Type, seen map[reflect.Type]bool) []string {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return untagged(t.Elem(), seen)
	case reflect.Struct:
	default:
		return nil
	}
	if seen[t] || marshalsItself(t) {
		return nil
	}
	seen[t] = true
	var missing []string
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && !f.Anonymous && name == "" {
			missing = append(missing, t.String()+"."+f.Name)
		}
		if name != "-" {
			missing = append(missing, untagged(f.Type, seen)...)
		}
	}
	return missing
}

func TestTags_everyFieldOnTheWireHasOne(t *testing.T) {
	t.Parallel()
	for name, typ := range wire() {
		require.Empty(t, untagged(typ, map[reflect.Type]bool{}), name)
	}
}

// A search that finds nothing would guard nothing.
func TestUntagged_findsFieldsAtEveryDepth(t *testing.T) {
	t.Parallel()
	type inner struct {
		Named  string `json:"named"`
		Hidden string `json:"-"`
		Bare   string
		Option string `json:",omitempty"`
	}
	type Embedded struct{ Deep *inner }
	type outer struct {
		Embedded
		List []map[string]inner `json:"list"`
	}
	require.ElementsMatch(t, []string{"wire_test.Embedded.Deep", "wire_test.inner.Bare", "wire_test.inner.Option"},
		untagged(typeOf[outer](), map[reflect.Type]bool{}))
}
