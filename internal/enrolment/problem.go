package enrolment

import "slices"

// Problem is what is wrong with one field.
type Problem struct {
	// Field is the field's name in /v1, such as "time_zone".
	Field string
	// Detail completes a sentence that begins with the field, such as "is missing". It quotes no value: a value may name
	// a person.
	Detail string
}

// String returns the sentence, such as "time_zone is not an IANA time zone".
func (p Problem) String() string { return p.Field + " " + p.Detail }

// Problems are all that is wrong with one input, in the order of its fields. It is empty when nothing is.
type Problems []Problem

// Within returns the problems of the named fields only.
func (p Problems) Within(fields []string) Problems {
	var within Problems
	for _, problem := range p {
		if slices.Contains(fields, problem.Field) {
			within = append(within, problem)
		}
	}
	return within
}
