package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/api/v1/contract"
	"relink/api/web"
)

func TestContract_describesEveryRouteOfV1AndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	loaded, err := contract.Load()
	require.NoError(t, err)
	described := map[string]web.Access{}
	for path, item := range loaded.Paths.Map() {
		for method, operation := range item.Operations() {
			access := web.Anyone
			require.NotNil(t, operation.Security, "%s %s says who may call it", method, path)
			for _, needed := range *operation.Security {
				if scopes, ok := needed["bearer"]; ok {
					require.Len(t, scopes, 1)
					access = web.Scope(scopes[0])
				}
			}
			described[method+" "+path] = access
		}
	}
	declared := map[string]web.Access{}
	for _, r := range w.Routes() {
		if strings.Contains(r.Pattern, " /v1/") || strings.HasSuffix(r.Pattern, " /openapi.json") {
			declared[r.Pattern] = r.Access
		}
	}
	require.NotEmpty(t, declared)
	require.Equal(t, declared, described)
}

func TestContract_namesEveryKindOfProblem(t *testing.T) {
	t.Parallel()
	loaded, err := contract.Load()
	require.NoError(t, err)
	var named, known []string
	for _, urn := range loaded.Components.Schemas["Problem"].Value.Properties["type"].Value.Enum {
		named = append(named, urn.(string))
	}
	for _, k := range web.Kinds() {
		known = append(known, k.URN())
	}
	require.True(t, slices.IsSorted(named))
	require.Equal(t, known, named)
}

func TestContract_isServedToAnyone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	res, body := w.do(t, browser(), w.request(t, http.MethodGet, "/openapi.json", ""))
	require.Equal(t, http.StatusOK, res.StatusCode)
	require.Equal(t, "application/json", res.Header.Get("Content-Type"))
	var document struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &document))
	require.Equal(t, "3.1.0", document.OpenAPI)
	require.Contains(t, document.Paths, "/v1/items/{id}/access-token")
}
