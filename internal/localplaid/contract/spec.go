package contract

import (
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// plaidGo is the module that carries Plaid's OpenAPI file.
const plaidGo = "github.com/plaid/plaid-go/v29"

// spec is Plaid's OpenAPI file with the known differences applied; read only once loaded.
type spec struct {
	doc    *openapi3.T
	router routers.Router
}

// loadSpec takes about two seconds, once per test binary.
var loadSpec = sync.OnceValues(func() (*spec, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", plaidGo).Output()
	if err != nil {
		var failed *exec.ExitError
		if errors.As(err, &failed) {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(failed.Stderr)))
		}
		return nil, fmt.Errorf("find %s: %w", plaidGo, err)
	}
	doc, err := openapi3.NewLoader().LoadFromFile(filepath.Join(strings.TrimSpace(string(out)), "api", "openapi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("load Plaid's OpenAPI file: %w", err)
	}
	doc.Servers = nil // so that paths match on whatever host a test server has
	for _, d := range Differences() {
		if err := d.apply(doc); err != nil {
			return nil, err
		}
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		return nil, fmt.Errorf("route Plaid's OpenAPI file: %w", err)
	}
	return &spec{doc: doc, router: router}, nil
})

// schemaOptions ask for all problems at once, and for date-times that are RFC 3339.
func schemaOptions() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.MultiErrors(),
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(value string) error {
			_, err := time.Parse(time.RFC3339, value)
			return err
		})),
	}
}

// checkBody holds a JSON body against one schema, strictly: a field the schema does not name is a problem too, although
// Plaid's schemas allow any, because here it would be a misspelling.
func checkBody(schema *openapi3.SchemaRef, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	return errors.Join(schema.Value.VisitJSON(value, schemaOptions()...), unknownFields(schema, value, ""))
}

// unknownFields finds the fields of value that no part of schema names.
func unknownFields(schema *openapi3.SchemaRef, value any, at string) error {
	switch v := value.(type) {
	case map[string]any:
		named := properties(schema)
		if len(named) == 0 {
			return nil // an object of free content
		}
		var problems []error
		for name, content := range v {
			property, ok := named[name]
			if !ok {
				problems = append(problems, fmt.Errorf("%s/%s: not in the schema", at, name))
				continue
			}
			problems = append(problems, unknownFields(property, content, at+"/"+name))
		}
		return errors.Join(problems...)
	case []any:
		if schema.Value.Items == nil {
			return nil
		}
		var problems []error
		for i, content := range v {
			problems = append(problems, unknownFields(schema.Value.Items, content, fmt.Sprintf("%s/%d", at, i)))
		}
		return errors.Join(problems...)
	}
	return nil
}

// properties are a schema's own and those it is composed of.
func properties(schema *openapi3.SchemaRef) map[string]*openapi3.SchemaRef {
	all := map[string]*openapi3.SchemaRef{}
	for name, property := range schema.Value.Properties {
		all[name] = property
	}
	for _, parts := range []openapi3.SchemaRefs{schema.Value.AllOf, schema.Value.AnyOf, schema.Value.OneOf} {
		for _, part := range parts {
			for name, property := range properties(part) {
				all[name] = property
			}
		}
	}
	return all
}
