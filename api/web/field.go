package web

import (
	"fmt"
	"slices"
	"strings"
)

// FieldError is one thing that is wrong with a request. Detail completes a sentence that begins with the field: "is not
// a BCP 47 tag". It holds nothing of what the caller sent.
type FieldError struct {
	// Pointer is a JSON pointer (RFC 6901) into the body: "/merchant/email", "" for the body as a whole. It names only
	// fields of our own schema. It is nil where Parameter stands.
	Pointer *string `json:"pointer,omitempty"`
	// Parameter is the name of a parameter in the path, the query or the header.
	Parameter string `json:"parameter,omitempty"`
	Detail    string `json:"detail"`
}

// sentence is the field and the detail: "merchant.email is not a bare mail address".
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

// Findings gathers everything that is wrong with one request, so that its caller learns it all at once. The zero value
// has found nothing.
type Findings struct {
	fields []FieldError
	// inside has the pointers of fields of which something beside their other fields is wrong.
	inside []string
}

// Field adds what is wrong with a field of the body: "/merchant/email". It adds nothing if something is known to be
// wrong with the field already, or with what it is part of: one mistake is one finding.
func (f *Findings) Field(pointer, format string, args ...any) {
	if !f.found(pointer) {
		f.fields = append(f.fields, FieldError{Pointer: &pointer, Detail: fmt.Sprintf(format, args...)})
	}
}

// Object adds what is wrong with an object beside what is wrong with its fields.
func (f *Findings) Object(pointer, format string, args ...any) {
	f.inside = append(f.inside, pointer)
	f.fields = append(f.fields, FieldError{Pointer: &pointer, Detail: fmt.Sprintf(format, args...)})
}

// Parameter adds what is wrong with a parameter of the path, the query or the header.
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

// Any reports whether anything was found.
func (f *Findings) Any() bool { return len(f.fields) > 0 }

// Err returns the Error of everything that was found, nil if nothing was.
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
