package v1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"relink/api/web"
)

// bodies checks the bodies of requests against the contract.
type bodies struct {
	document any // the contract, decoded
	byRoute  map[string]body
}

// body describes the body of one operation, as the contract does.
type body struct {
	required bool
	schema   *jsonschema.Schema
}

// contractURL names the contract to the compiler of schemas. Nothing is fetched from it.
const contractURL = "openapi.json"

// compileBodies compiles the schema of every operation that takes a body.
func compileBodies(contract []byte) (*bodies, error) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(contract))
	if err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	var paths struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err := json.Unmarshal(contract, &paths); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource(contractURL, document); err != nil {
		return nil, fmt.Errorf("read contract: %w", err)
	}
	b := &bodies{document: document, byRoute: map[string]body{}}
	for path, operations := range paths.Paths {
		for method, raw := range operations {
			var operation struct {
				RequestBody *struct {
					Required bool `json:"required"`
				} `json:"requestBody"`
			}
			if method == "parameters" || json.Unmarshal(raw, &operation) != nil || operation.RequestBody == nil {
				continue
			}
			at := strings.Join([]string{"#", "paths", escape(path), method, "requestBody", "content", escape("application/json"), "schema"}, "/")
			schema, err := compiler.Compile(contractURL + at)
			if err != nil {
				return nil, fmt.Errorf("compile body of %s %s: %w", method, path, err)
			}
			b.byRoute[strings.ToUpper(method)+" "+path] = body{required: operation.RequestBody.Required, schema: schema}
		}
	}
	return b, nil
}

// escape returns a name as a token of a JSON pointer (RFC 6901).
func escape(name string) string { return strings.NewReplacer("~", "~0", "/", "~1").Replace(name) }

// read decodes the valid parts of a request's body into v and returns the mistakes that the contract finds. The handler
// adds the mistakes that only it can find, and refuses the request for all of them at once. err is set if nothing is
// left to check. A field that is null counts as not sent, unless the contract allows null for it.
func (b *bodies) read(r *http.Request, v any) (wrong *web.Findings, err error) {
	operation, ok := b.byRoute[r.Pattern]
	if !ok {
		return nil, fmt.Errorf("route %s: the contract has no body for it", r.Pattern)
	}
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read body: %w", err)
	}
	wrong = &web.Findings{}
	empty := len(bytes.TrimSpace(raw)) == 0
	if empty {
		raw = []byte("{}")
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		return nil, notJSON(raw)
	}
	if invalid := new(jsonschema.ValidationError); errors.As(operation.schema.Validate(tree), &invalid) {
		tree = b.prune(wrong, tree, invalid)
	}
	if empty && operation.required && !wrong.Any() {
		wrong.Field("", "is missing: a JSON object is wanted")
	}
	valid, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("encode what is valid: %w", err)
	}
	if _, isObject := tree.(map[string]any); !isObject {
		return nil, wrong.Err()
	}
	if err := json.Unmarshal(valid, v); err != nil {
		return nil, web.InvalidJSON(err)
	}
	return wrong, nil
}

// notJSON returns the Error for a body that is not one JSON value.
func notJSON(raw []byte) error {
	if err := json.Unmarshal(raw, new(any)); err != nil {
		return web.InvalidJSON(err)
	}
	return web.Invalid("", "is not JSON")
}

// prune adds the findings of a validation to wrong and returns the tree without the invalid values.
func (b *bodies) prune(wrong *web.Findings, tree any, invalid *jsonschema.ValidationError) any {
	for _, leaf := range leaves(invalid) {
		if isNull(leaf) && isField(tree, leaf.InstanceLocation) {
			tree = without(tree, leaf.InstanceLocation)
			continue
		}
		b.note(wrong, leaf)
		if misfit(leaf) {
			tree = without(tree, leaf.InstanceLocation)
		}
	}
	return tree
}

// without returns the tree without the value at a location. If the value is an element of a list, the whole list is
// removed, because the indexes of the other elements must not change.
func without(tree any, at []string) any {
	if len(at) == 0 {
		return nil
	}
	object, ok := tree.(map[string]any)
	if !ok {
		return nil
	}
	child, ok := object[at[0]]
	if !ok {
		return tree
	}
	if rest := without(child, at[1:]); rest != nil {
		object[at[0]] = rest
	} else {
		delete(object, at[0])
	}
	return object
}

// isField reports whether the location is a field of an object, and not an element of a list or the whole body.
func isField(tree any, at []string) bool {
	for len(at) > 1 {
		switch parent := tree.(type) {
		case map[string]any:
			tree = parent[at[0]]
		case []any:
			i, err := strconv.Atoi(at[0])
			if err != nil || i >= len(parent) {
				return false
			}
			tree = parent[i]
		default:
			return false
		}
		at = at[1:]
	}
	_, ok := tree.(map[string]any)
	return ok && len(at) == 1
}
