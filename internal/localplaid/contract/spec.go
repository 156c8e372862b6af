// Package contract checks traffic against Plaid's own OpenAPI file, the one inside the pinned plaid-go module: every
// request, every answer and every webhook body. It is for tests only and may import of relink internal/openapi alone.
// Start reading at NewTransport; differences.go has the table of what today's Plaid has beyond that file.
package contract

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"

	"relink/internal/openapi"
)

// plaidGo is the module that carries Plaid's OpenAPI file.
const plaidGo = "github.com/plaid/plaid-go/v29"

// loadSpec returns Plaid's OpenAPI file with the known differences applied. It takes about two seconds, once per test
// binary.
var loadSpec = sync.OnceValues(func() (*openapi.Document, error) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", plaidGo).Output()
	if err != nil {
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
	return openapi.New(doc)
})

// camel turns PENDING_DISCONNECT into PendingDisconnect.
func camel(code string) (name string) {
	for word := range strings.SplitSeq(strings.ToLower(code), "_") {
		name += strings.ToUpper(word[:min(1, len(word))]) + word[min(1, len(word)):]
	}
	return name
}
