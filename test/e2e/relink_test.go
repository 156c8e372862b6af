package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"relink/internal/blackbox"
	"relink/internal/item"
)

const patience = 60 * time.Second

var blueBottle = blackbox.Merchant{
	ID: "blue-bottle", BusinessName: "Blue Bottle", ContactName: "Ada", Email: "owner@bluebottle.example", Partner: "iso-7",
}

// broken links an Item whose bank then refuses the login. It returns the Item and the deep link of the mail.
func broken(t *testing.T, s *stack, ctx context.Context) (it blackbox.Item, link string) {
	t.Helper()
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	it, err = s.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err)
	mail, err := s.AwaitMail(ctx, blueBottle.Email, 1)
	require.NoError(t, err)
	link, err = mail.DeepLink()
	require.NoError(t, err)
	return it, link
}

// repaired completes Link for the merchant and returns the response to the page.
func repaired(t *testing.T, s *stack, ctx context.Context, it blackbox.Item, link string) blackbox.Standing {
	t.Helper()
	token, err := blackbox.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	played, err := s.PlayLink(ctx, token, "user_good", "pass_good")
	require.NoError(t, err)
	require.Equal(t, "onSuccess", played.Callback)
	standing, err := blackbox.Complete(ctx, link, it.ID, played.Metadata.LinkSessionID)
	require.NoError(t, err)
	return standing
}

func TestRelink_fromBreakToRepair(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)
	require.Equal(t, "credentials", it.Cause)
	firstRun := it.RunID

	html, err := blackbox.Page(ctx, link)
	require.NoError(t, err)
	require.Contains(t, html, "First Platypus Bank")

	require.Equal(t, blackbox.Standing{State: "connected", Incident: 1}, repaired(t, s, ctx, it, link))
	it, err = s.AwaitState(ctx, it.ID, "connected", 1)
	require.NoError(t, err)
	thanks, err := s.AwaitMail(ctx, blueBottle.Email, 2)
	require.NoError(t, err)
	require.NotContains(t, thanks.Text, "/relink/")
	_, err = s.AwaitMoment(ctx, it.ID, "mail_sent", 2) // it is recorded after the mail has arrived
	require.NoError(t, err)

	kinds := map[string]int{}
	timeline, err := s.Timeline(ctx, it.ID)
	require.NoError(t, err)
	for _, m := range timeline {
		kinds[m.What]++
	}
	require.Equal(t, map[string]int{
		"enrolled": 1, "webhook ITEM/ERROR": 1, "incident_opened": 1, "mail_sent": 2,
		"relink_opened": 1, "relink_completed": 1, "incident_closed": 1,
	}, kinds)
	n, err := s.store.VerifyAudit(ctx, item.ID(it.ID))
	require.NoError(t, err)
	require.Equal(t, 7, n)

	require.NoError(t, blackbox.Await(ctx, "the second run", func(ctx context.Context) (bool, error) {
		now, err := s.Item(ctx, it.ID)
		it = now
		return now.RunID != firstRun, err
	}))
}

func TestRelink_everyRunNamesTheMerchantInTemporal(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)
	var shown string
	require.NoError(t, blackbox.Await(ctx, "the details of the incident", func(ctx context.Context) (bool, error) {
		shown = s.details(t, ctx, it)
		return strings.Contains(shown, "reminder 2 at"), nil
	}))
	require.True(t, strings.HasPrefix(shown, "**Blue Bottle · First Platypus Bank**"), shown)
	require.Contains(t, shown, "login_required")

	repaired(t, s, ctx, it, link)
	first := it.RunID
	require.NoError(t, blackbox.Await(ctx, "the second run", func(ctx context.Context) (bool, error) {
		now, err := s.Item(ctx, it.ID)
		it = now
		return now.RunID != first && now.RunID != "", err
	}))
	require.NoError(t, blackbox.Await(ctx, "the details of the second run", func(ctx context.Context) (bool, error) {
		shown = s.details(t, ctx, it)
		return strings.HasPrefix(shown, "**Blue Bottle · First Platypus Bank**") && strings.Contains(shown, "State: **connected**"), nil
	}), shown)

	d, err := s.temporal.DescribeWorkflowExecution(ctx, it.WorkflowID, it.RunID)
	require.NoError(t, err)
	attributes := d.GetWorkflowExecutionInfo().GetSearchAttributes().GetIndexedFields()
	for name, want := range map[string]string{
		"RelinkName": `"Blue Bottle · First Platypus Bank"`, "RelinkState": `"connected"`, "RelinkEnvironment": `"sandbox"`,
		"RelinkMerchant": `"blue-bottle"`, "RelinkInstitution": `"First Platypus Bank"`, "RelinkPartner": `"iso-7"`,
	} {
		require.Equal(t, want, string(attributes[name].GetData()), name)
	}
	require.Equal(t, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, d.GetWorkflowExecutionInfo().GetStatus())
}

func TestRelink_leavingLinkIsRecordedAndRepairsNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)
	token, err := blackbox.Mint(ctx, link, it.ID)
	require.NoError(t, err)
	played, err := s.PlayLink(ctx, token, "user_good", "wrong")
	require.NoError(t, err)
	require.Equal(t, "onExit", played.Callback)
	require.NoError(t, blackbox.Exit(ctx, link, it.ID, played))
	left, err := s.AwaitMoment(ctx, it.ID, "relink_exited", 1)
	require.NoError(t, err)
	require.Contains(t, string(left.Data), "INVALID_CREDENTIALS")
	it, err = s.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, "login_required", it.State)
}

func TestRelink_falseSuccessOfABrowserRepairsNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	ctx := within(t, patience)
	it, link := broken(t, s, ctx)
	standing, err := blackbox.Complete(ctx, link, it.ID, "made-up")
	require.NoError(t, err)
	require.Equal(t, "verifying", standing.State)
	it, err = s.Item(ctx, it.ID)
	require.NoError(t, err)
	require.Equal(t, "login_required", it.State)
}
