package plaid

import (
	"fmt"
	"net/http"
	"testing"

	sdk "github.com/plaid/plaid-go/v29/plaid"
	"github.com/stretchr/testify/require"
)

func TestNewError_anErrorOfTheSDKIsRecognisedThroughWrappings(t *testing.T) {
	t.Parallel()
	body := []byte(`{"error_type":"ITEM_ERROR","error_code":"NO_ACCOUNTS","request_id":"r1"}`)
	generic := sdk.MakeGenericOpenAPIError(body, "400 Bad Request", nil)
	got := newError(&http.Response{StatusCode: http.StatusBadRequest}, fmt.Errorf("traced: %w", generic))
	require.Equal(t, &Error{Type: "ITEM_ERROR", Code: "NO_ACCOUNTS", RequestID: "r1", Status: http.StatusBadRequest}, got)
}
