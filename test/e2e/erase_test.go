package e2e

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"relink/internal/blackbox"
	"relink/internal/item"
)

func TestErase_removesItemsAtPlaidAndLeavesNoName(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	public, err := s.PublicToken(ctx, "ins_109508", s.WebhookURL())
	require.NoError(t, err)
	enrolled := s.askAsPlatform(t, ctx, "POST", "items", map[string]any{
		"public_token": public, "merchant": quillfeather,
		"consent": map[string]any{
			"who": quillfeather.ContactName, "at": "2026-01-02T03:04:05Z",
			"products": []string{"transactions"}, "copy_version": "7",
		},
	})
	require.Equal(t, http.StatusCreated, enrolled.status, enrolled.body)
	var it blackbox.Item
	enrolled.decoded(t, &it)
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	first, err := s.AwaitMail(ctx, quillfeather.Email, 1)
	require.NoError(t, err)
	link, err := first.DeepLink()
	require.NoError(t, err)
	token := s.accessToken(t, ctx, it)
	require.NoError(t, s.atPlaid(ctx, token))
	s.settled(t, ctx, it)
	persons := secrets{mailAddress: {quillfeather.Email}, personsName: {"Adelheid", "Quillfeather", quillfeather.BusinessName}}
	require.NotEmpty(t, scan(persons, s.bare(t, ctx)))

	path := "merchants/" + quillfeather.ID
	asked := s.askAsPlatform(t, ctx, "DELETE", path, nil)
	require.Equal(t, http.StatusAccepted, asked.status, asked.body)
	require.NoError(t, blackbox.Await(ctx, "the merchant to be erased", func(ctx context.Context) (bool, error) {
		return s.askAsPlatform(t, ctx, "DELETE", path, nil).status == http.StatusNoContent, nil
	}))
	require.ErrorContains(t, s.atPlaid(ctx, token), "ITEM_NOT_FOUND")
	now, err := s.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, "removed", now.State)
	require.NoError(t, blackbox.Await(ctx, "the workflow to end", func(ctx context.Context) (bool, error) {
		d, err := s.temporal.DescribeWorkflowExecution(ctx, workflowID(it), "")
		return d.GetWorkflowExecutionInfo().GetStatus() == enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, err
	}))
	require.Empty(t, scan(persons, s.bare(t, ctx)))
	n, err := s.store.VerifyAudit(ctx, item.ID(it.ID))
	require.NoError(t, err)
	require.Greater(t, n, 5)
	require.Equal(t, http.StatusNotFound, looking(t, ctx, http.DefaultClient, link).status)
	require.Equal(t, 1, s.mailed(t, ctx, quillfeather.Email))
}

// bare returns all tables, and allows no personal data in any.
func (s *stack) bare(t *testing.T, ctx context.Context) []place {
	t.Helper()
	places := s.tables(t, ctx)
	for i := range places {
		places[i].may = nil
	}
	return places
}

func (s *stack) accessToken(t *testing.T, ctx context.Context, it blackbox.Item) string {
	t.Helper()
	var out struct {
		AccessToken string `json:"access_token"`
	}
	s.askAsPlatform(t, ctx, "POST", "items/"+it.ID+"/access-token", map[string]any{"reason": "the nightly import"}).decoded(t, &out)
	require.NotEmpty(t, out.AccessToken)
	return out.AccessToken
}

// atPlaid queries the local Plaid about an Item with its access token.
func (s *stack) atPlaid(ctx context.Context, accessToken string) error {
	in := map[string]any{"client_id": s.ClientID, "secret": s.Secret, "access_token": accessToken}
	return blackbox.Call(ctx, "POST", s.Sandbox+"/item/get", "", in, nil)
}
