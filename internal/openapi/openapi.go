// Package openapi holds HTTP traffic to an OpenAPI document, more strictly than the document asks: a field that no
// schema names is an error. It is for tests only and may not import anything of relink. Start reading at Document.
package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// Document is a loaded OpenAPI document. It is read only.
type Document struct {
	*openapi3.T

	router routers.Router
}

// New returns the document that was loaded, with its routes.
func New(loaded *openapi3.T) (*Document, error) {
	router, err := gorillamux.NewRouter(loaded)
	if err != nil {
		return nil, fmt.Errorf("route OpenAPI document: %w", err)
	}
	return &Document{T: loaded, router: router}, nil
}

// options ask for all problems at once, and for date-times that are RFC 3339.
var options = &openapi3filter.Options{
	MultiError: true, IncludeResponseStatus: true, RejectWhenRequestBodyNotSpecified: true, SkipSettingDefaults: true,
	AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	SchemaValidationOptions: []openapi3.SchemaValidationOption{
		openapi3.WithStringFormatValidator("date-time", openapi3.NewCallbackValidator(func(value string) error {
			_, err := time.Parse(time.RFC3339, value)
			return err
		})),
	},
}

// Exchange is a request for an operation of a document, and its response.
type Exchange struct {
	Path string // of the operation: /v1/items/{id}

	request *openapi3filter.RequestValidationInput
	sent    []byte
}

// Exchange finds the operation of a request. sent is the request's body. It is an error if there is no such operation.
func (d *Document) Exchange(r *http.Request, sent []byte) (*Exchange, error) {
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(sent))
	route, parameters, err := d.router.FindRoute(r)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, err)
	}
	input := &openapi3filter.RequestValidationInput{Request: r, PathParams: parameters, Route: route, Options: options}
	return &Exchange{Path: route.Path, request: input, sent: sent}, nil
}

// CheckRequest returns what the operation does not allow about the request.
func (x *Exchange) CheckRequest() error {
	r := x.request.Request
	err := openapi3filter.ValidateRequest(r.Context(), x.request)
	if body := x.request.Route.Operation.RequestBody; body != nil {
		err = errors.Join(err, unknownIn(body.Value.Content, r.Header, x.sent))
	}
	return err
}

// CheckResponse returns what the operation does not allow about the response. body is the response's body.
func (x *Exchange) CheckResponse(status int, header http.Header, body []byte) error {
	response := &openapi3filter.ResponseValidationInput{RequestValidationInput: x.request, Status: status, Header: header, Options: options}
	err := openapi3filter.ValidateResponse(x.request.Request.Context(), response.SetBodyBytes(body))
	if documented := x.request.Route.Operation.Responses.Status(status); documented != nil {
		err = errors.Join(err, unknownIn(documented.Value.Content, header, body))
	}
	return err
}

// CheckBody returns what one of the document's schemas does not allow about a JSON body.
func (d *Document) CheckBody(schema string, body []byte) error {
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	asked := append([]openapi3.SchemaValidationOption{openapi3.MultiErrors()}, options.SchemaValidationOptions...)
	if d.IsOpenAPI31OrLater() {
		asked = append(asked, openapi3.EnableJSONSchema2020())
	}
	ref := d.Components.Schemas[schema]
	return errors.Join(ref.Value.VisitJSON(value, asked...), unknownFields(ref, value, ""))
}

// unknownIn returns the unknown fields of a JSON body. Validation reports a body that is no JSON.
func unknownIn(content openapi3.Content, header http.Header, body []byte) error {
	media := content.Get(header.Get("Content-Type"))
	if media == nil || media.Schema == nil || !json.Valid(body) {
		return nil
	}
	var value any
	_ = json.Unmarshal(body, &value) // it is valid
	return unknownFields(media.Schema, value, "")
}

// unknownFields returns the fields of value that no part of schema names. In a test they are misspelled, although the
// schema may allow any.
func unknownFields(schema *openapi3.SchemaRef, value any, at string) error {
	var problems []error
	switch v := value.(type) {
	case map[string]any:
		named := properties(schema)
		for name, content := range v {
			if property, ok := named[name]; ok {
				problems = append(problems, unknownFields(property, content, at+"/"+name))
			} else if len(named) > 0 { // otherwise it is an object of free content
				problems = append(problems, fmt.Errorf("%s/%s: not in the schema", at, name))
			}
		}
	case []any:
		for i, content := range v {
			if schema.Value.Items != nil {
				problems = append(problems, unknownFields(schema.Value.Items, content, fmt.Sprintf("%s/%d", at, i)))
			}
		}
	}
	return errors.Join(problems...)
}

// properties returns a schema's own properties and those of the schemas that it is composed of.
func properties(schema *openapi3.SchemaRef) openapi3.Schemas {
	all := maps.Clone(schema.Value.Properties)
	if all == nil {
		all = openapi3.Schemas{}
	}
	for _, part := range slices.Concat(schema.Value.AllOf, schema.Value.AnyOf, schema.Value.OneOf) {
		maps.Copy(all, properties(part))
	}
	return all
}
