package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/blackbox"
	"relink/internal/item"
)

// anonymous is an opened Link without an inbox row, so that a repeat is not recognised. The workflow's LinkAttempts
// counts each one that it applies.
var anonymous = item.Hint{Source: item.FromPortal, Code: item.LinkOpened}

// refuseMails makes the mail server refuse the next n mails for now.
func (s *stack) refuseMails(t *testing.T, n int) {
	t.Helper()
	in := map[string]any{"code": 451, "enhanced": "4.7.1", "message": "try again later", "times": n}
	require.NoError(t, blackbox.Call(t.Context(), http.MethodPost, s.Mailbox+"/control/refuse", "", in, nil))
}

// A mail is in its retries all the time, so that each run has to cancel one before it ends. Signals come before the
// cancellation, during it and after it.
func TestContinueAsNew_appliesSignalsBetweenRunsOnce(t *testing.T) {
	t.Parallel()
	s := startOn(t, suggestingEarly(t))
	ctx := within(t, 2*patience)
	s.refuseMails(t, 10_000)
	it, err := s.Link(ctx, blueBottle)
	require.NoError(t, err)
	_, err = s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	require.NoError(t, err)
	_, err = s.AwaitState(ctx, it.ID, "login_required", 1)
	require.NoError(t, err)

	sent, runs := 0, map[string]bool{}
	for sent < 200 || len(runs) <= 10 {
		require.NoError(t, s.hint(ctx, it, anonymous))
		sent++
		_, run, err := s.starter.Run(ctx, item.ID(it.ID))
		require.NoError(t, err)
		runs[run] = true
	}
	for _, life := range s.carried(t, ctx, it) {
		require.Zero(t, life.AskAt, "a cancelled mail must not count as one that cannot be sent: it would delay the next")
	}
	it.RunID = s.runs(t, ctx, it)[5]
	s.kept(t, ctx, "continued-with-a-mail-under-way", it)
	// The last update gets its response after all signals.
	_, err = s.starter.Completed(ctx, item.ID(it.ID), item.Hint{Source: item.FromPortal, Code: item.LinkFinished})
	require.NoError(t, err)
	life := s.awaitLife(t, ctx, it, "a status", func(item.Life) bool { return true })
	require.Equal(t, sent, life.LinkAttempts)
}

// Each hint comes at some time during the effects of the hint before it, which include the end of a run. No hint is
// evidence, so that only the hint itself makes the workflow query Plaid.
func TestContinueAsNew_queriesPlaidAfterTheLastHint(t *testing.T) {
	t.Parallel()
	s := startOn(t, suggestingEarly(t))
	ctx := within(t, patience)
	token, err := s.PublicToken(ctx, "ins_109508", serve(t, http.NotFoundHandler())) // no webhook reports the break as well
	require.NoError(t, err)
	it, err := s.Enrol(ctx, token, blueBottle)
	require.NoError(t, err)
	recheck := item.Hint{Source: item.FromOperator, Code: "recheck"}
	for i := range 12 {
		_, err := s.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
		require.NoError(t, err)
		require.NoError(t, s.hint(ctx, it, recheck))
		_, err = s.AwaitState(ctx, it.ID, "login_required", i+1)
		require.NoError(t, err)
		require.NoError(t, s.Heal(ctx, it.ID))
		require.NoError(t, s.hint(ctx, it, recheck))
		_, err = s.AwaitState(ctx, it.ID, "connected", i+1)
		require.NoError(t, err)
	}
	require.Greater(t, len(s.runs(t, ctx, it)), 2, "it hardly continued as new")
}
