package plaid_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/plaid"
)

// kinds are the error types of codes that are not an ITEM_ERROR (https://plaid.com/docs/errors/).
var kinds = map[string]string{
	"USER_PERMISSION_REVOKED": "INVALID_INPUT", "INVALID_API_KEYS": "INVALID_INPUT", "INVALID_ACCESS_TOKEN": "INVALID_INPUT",
	"UNAUTHORIZED_ENVIRONMENT": "INVALID_INPUT", "UNAUTHORIZED_ROUTE_ACCESS": "INVALID_INPUT", "INVALID_PRODUCT": "INVALID_INPUT",
	"UNAUTHORIZED_INSTITUTION": "INVALID_INPUT", "PRODUCT_NOT_ENABLED": "INVALID_INPUT",
	"INSTITUTION_DOWN": "INSTITUTION_ERROR", "INSTITUTION_NOT_RESPONDING": "INSTITUTION_ERROR",
	"INSTITUTION_NOT_AVAILABLE": "INSTITUTION_ERROR", "INSTITUTION_NO_LONGER_SUPPORTED": "INSTITUTION_ERROR",
	"INSTITUTION_REGISTRATION_REQUIRED": "INSTITUTION_ERROR", "UNSUPPORTED_RESPONSE": "INSTITUTION_ERROR",
	"INTERNAL_SERVER_ERROR": "API_ERROR", "PLANNED_MAINTENANCE": "API_ERROR",
}

func TestError_judgesEveryKnownCode(t *testing.T) {
	t.Parallel()
	ours := []string{
		"INVALID_API_KEYS", "INVALID_ACCESS_TOKEN", "UNAUTHORIZED_ENVIRONMENT", "UNAUTHORIZED_ROUTE_ACCESS", "INVALID_PRODUCT",
		"INSTITUTION_REGISTRATION_REQUIRED", "UNAUTHORIZED_INSTITUTION", "PRODUCT_NOT_ENABLED", "PRODUCTS_NOT_SUPPORTED",
	}
	passing := []string{
		"INSTITUTION_DOWN", "INSTITUTION_NOT_RESPONDING", "INSTITUTION_NOT_AVAILABLE", "PRODUCT_NOT_READY", "INTERNAL_SERVER_ERROR",
		"PLANNED_MAINTENANCE",
	}
	past := []string{"ITEM_NOT_FOUND", "ITEM_CONCURRENTLY_DELETED", "USER_PERMISSION_REVOKED", "INSTITUTION_NO_LONGER_SUPPORTED"}
	for _, code := range item.ErrorCodes() {
		kind, other := kinds[code]
		if !other {
			kind = "ITEM_ERROR"
		}
		e := &plaid.Error{Type: kind, Code: code, Status: http.StatusBadRequest}
		require.Equal(t, slices.Contains(ours, code), e.OurFault(), "our fault: %s", code)
		require.Equal(t, !slices.Contains(ours, code) && !slices.Contains(passing, code), e.Final(), "final: %s", code)
		require.Equal(t, slices.Contains(past, code), e.PastUpdateMode(), "past update mode: %s", code)

		broken := &plaid.Error{Type: kind, Code: code, Status: http.StatusBadGateway}
		require.False(t, broken.Final() || broken.PastUpdateMode(), "a server that is broken decides nothing: %s", code)
		throttled := &plaid.Error{Type: kind, Code: code, Status: http.StatusTooManyRequests}
		require.False(t, throttled.Final(), code)
	}
}

func TestError_judgesUnknownCodesByTheirType(t *testing.T) {
	t.Parallel()
	for kind, final := range map[string]bool{
		"ITEM_ERROR": true, "INVALID_INPUT": true, "INVALID_REQUEST": true, "INSTITUTION_ERROR": false, "API_ERROR": false, "NEW_ERROR": false,
	} {
		e := &plaid.Error{Type: kind, Code: "A_CODE_OF_TOMORROW", Status: http.StatusBadRequest}
		require.Equal(t, final, e.Final(), kind)
		require.Equal(t, kind == "INVALID_REQUEST", e.OurFault(), kind)
		require.False(t, e.PastUpdateMode(), kind)
	}
}
