package v1

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed openapi.yaml
var contract []byte

// Contract returns the OpenAPI document of /v1, as JSON.
var Contract = sync.OnceValues(func() ([]byte, error) {
	var document map[string]any
	if err := yaml.Unmarshal(contract, &document); err != nil {
		return nil, fmt.Errorf("read openapi.yaml: %w", err)
	}
	encoded, err := json.Marshal(document)
	if err != nil {
		return nil, fmt.Errorf("encode openapi.yaml: %w", err)
	}
	return encoded, nil
})

// showContract writes the OpenAPI document.
func (d *Door) showContract(w http.ResponseWriter, _ *http.Request) error {
	document, err := Contract()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-cache") // another version may serve another document
	_, err = w.Write(document)
	return err
}
