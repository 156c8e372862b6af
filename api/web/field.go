package web

import (
	"fmt"
	"slices"
	"strings"
)

// FieldError is one mistake in a request. Detail completes a sentence that begins with the field: "is not a BCP 47
// tag". It repeats nothing that the caller sent.
type FieldError struct {
	// Pointer is a JSON pointer (RFC 6901) into the body: "/merchant/email", "" for the body as a whole. It names only
	// fields of our own schema. It is nil if Parameter is set.
	Pointer *string `json:"pointer,omitempty"`
	// Parameter is the name of a parameter in the path, the query or the header.
	Parameter string `json:"parameter,omitempty"`
	Detail    string `json:"detail"`
}

// sentence returns the field and the detail: "merchant.email is not a bare mail address".
func (f FieldError) sentence() string {
	if f.Pointer == nil {
		return f.Parameter + " " + f.Detail
	}
	field := strings.ReplaceAll(strings.TrimPrefix(*f.Pointer, "/"), "/", ".")
	if field == "" {
		field = "the body"
	}
	return field + " " + f.Detail
}

// Findings collects the mistakes in one request, so that its caller gets all of them at once. The zero value is empty.
type Findings struct {
	fields []FieldError
	// inside holds the pointers of objects that have a mistake of their own, beside those of their fields.
	inside []string
}

// Field adds a mistake in a field of the body: "/merchant/email". It adds nothing if the field, a part of it, or an
// object around it has a mistake already: one mistake is one finding.
func (f *Findings) Field(pointer, format string, args ...any) {
	if !f.found(pointer) {
		f.fields = append(f.fields, FieldError{Pointer: &pointer, Detail: fmt.Sprintf(format, args...)})
	}
}

// Object adds a mistake in an object as such, beside the mistakes in its fields.
func (f *Findings) Object(pointer, format string, args ...any) {
	f.inside = append(f.inside, pointer)
	f.fields = append(f.fields, FieldError{Pointer: &pointer, Detail: fmt.Sprintf(format, args...)})
}

// Parameter adds a mistake in a parameter of the path, the query or the header.
func (f *Findings) Parameter(name, format string, args ...any) {
	f.fields = append(f.fields, FieldError{Parameter: name, Detail: fmt.Sprintf(format, args...)})
}

func (f *Findings) found(pointer string) bool {
	return slices.ContainsFunc(f.fields, func(e FieldError) bool {
		switch {
		case e.Pointer == nil || slices.Contains(f.inside, *e.Pointer):
			return false
		case *e.Pointer == pointer:
			return true
		}
		return strings.HasPrefix(pointer, *e.Pointer+"/") || strings.HasPrefix(*e.Pointer, pointer+"/")
	})
}

// Any reports whether there is a finding.
func (f *Findings) Any() bool { return len(f.fields) > 0 }

// Err returns the Error with all findings, or nil if there are none.
func (f *Findings) Err() error {
	if !f.Any() {
		return nil
	}
	return invalid(f.fields)
}

func invalid(fields []FieldError) *Error {
	var sentences []string
	for _, field := range fields {
		sentences = append(sentences, field.sentence())
	}
	return &Error{Kind: InvalidRequest, Detail: strings.Join(sentences, "; "), Fields: fields}
}
