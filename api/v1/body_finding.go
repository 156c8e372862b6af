package v1

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"relink/api/web"
)

// leaves returns the single findings of a validation. It leaves out the findings below oneOf: the handlers know which
// alternative a caller means, and report what is missing.
func leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.OneOf, *kind.DependentRequired, *kind.MinProperties:
		return nil
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, leaves(cause)...)
	}
	return all
}

// isNull reports whether the finding is a null that the contract does not allow.
func isNull(e *jsonschema.ValidationError) bool {
	wrongType, ok := e.ErrorKind.(*kind.Type)
	return ok && wrongType.Got == "null"
}

// misfit reports whether the value itself cannot be used. Otherwise the value is valid and its fields are not.
func misfit(e *jsonschema.ValidationError) bool {
	switch e.ErrorKind.(type) {
	case *kind.Required, *kind.AdditionalProperties:
		return false
	}
	return true
}

// note adds a finding. It repeats nothing that was sent: neither values nor the names of unknown fields.
func (b *bodies) note(wrong *web.Findings, e *jsonschema.ValidationError) {
	at := ""
	for _, name := range e.InstanceLocation {
		at += "/" + escape(name)
	}
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		for _, name := range k.Missing {
			wrong.Field(at+"/"+escape(name), "is missing")
		}
	case *kind.AdditionalProperties:
		wrong.Object(at, "has a field that is not known here; there are %s", strings.Join(b.fields(e.SchemaURL), ", "))
	case *kind.Type:
		wrong.Field(at, "is not %s", typeNames(k.Want))
	case *kind.Enum:
		wrong.Field(at, "is not one of %s", joined(k.Want))
	case *kind.Format:
		wrong.Field(at, "is not a %s", formatName(k.Want))
	case *kind.MinLength, *kind.MinItems:
		wrong.Field(at, "is empty")
	case *kind.MaxLength:
		wrong.Field(at, "is longer than %d characters", k.Want)
	case *kind.Minimum:
		least, _ := k.Want.Float64()
		wrong.Field(at, "is below %v", least)
	default:
		wrong.Field(at, "has the wrong form")
	}
}

// fields returns the names of the fields that a schema of the contract has, sorted.
func (b *bodies) fields(schemaURL string) []string {
	_, pointer, _ := strings.Cut(schemaURL, "#/")
	at := b.document
	for name := range strings.SplitSeq(pointer, "/") {
		object, _ := at.(map[string]any)
		at = object[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
	}
	schema, _ := at.(map[string]any)
	properties, _ := schema["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

func typeNames(types []string) string {
	var names []string
	null := ""
	for _, name := range types {
		switch name {
		case "array":
			name = "a list"
		case "boolean":
			name = "true or false"
		case "integer":
			name = "a whole number"
		case "object":
			name = "a JSON object"
		case "null":
			null = " or null"
			continue
		default:
			name = "a " + name
		}
		names = append(names, name)
	}
	return strings.Join(names, " or ") + null
}

func joined[T any](values []T) string {
	var names []string
	for _, v := range values {
		names = append(names, fmt.Sprint(v))
	}
	return strings.Join(names, ", ")
}

func formatName(format string) string {
	if format == "date-time" {
		return "time such as 2026-11-22T12:00:00Z"
	}
	return format
}
