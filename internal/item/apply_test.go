package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestApply_hintSetsNoStateAndOwesAQuestion(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1))
	require.Equal(t, item.Connected, l.State)
	require.Equal(t, item.Ask, rules.Next(l, noon).Do)
}

func TestApply_hintDuringTheQuestionOwesOneMore(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1), item.AskStarted{}, webhook(2), webhook(3), answered(noon, "ITEM_LOGIN_REQUIRED"))
	l = fold(l, item.Recorded{Count: 1})
	require.Equal(t, item.Ask, rules.Next(l, noon).Do)
	l = fold(l, item.AskStarted{}, answered(noon, "ITEM_LOGIN_REQUIRED"))
	require.NotEqual(t, item.Ask, rules.Next(l, noon).Do, "two hints owe one question, not two")
}

func TestApply_answerOpensAndClosesTheIncident(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(7), item.AskStarted{}, answered(noon, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.LoginRequired, l.State)
	require.Equal(t, item.Credentials, l.Cause)
	require.Equal(t, 1, l.Incident)
	require.Equal(t, noon, l.BrokenSince)
	require.Equal(t, []item.Transition{{
		Incident: 1, Step: item.Opened, From: item.Connected, To: item.LoginRequired, Cause: item.Credentials,
		At: noon, By: item.SaysError, PlaidSays: "ITEM_LOGIN_REQUIRED", InboxIDs: []int64{7},
	}}, l.Unrecorded)

	later := noon.Add(time.Hour)
	l = fold(l, item.Recorded{Count: 1}, answered(later, ""))
	require.Equal(t, item.Connected, l.State)
	require.Equal(t, "1/closed", l.Unrecorded[0].Key())
	require.True(t, l.BrokenSince.IsZero())

	l = fold(l, item.Recorded{Count: 1}, webhook(9), item.AskStarted{}, answered(later.Add(time.Minute), "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, 2, l.Incident, "a second break is an incident of its own")
}

func TestApply_undecidedAnswerChangesNothingAndHoldsMails(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, answered(noon, "INSTITUTION_DOWN"))
	require.Equal(t, item.LoginRequired, l.State)
	next := rules.Next(l, noon)
	require.Equal(t, item.Wait, next.Do)
	require.Equal(t, noon.Add(time.Hour), next.Until)
	require.Equal(t, item.Ask, rules.Next(l, next.Until).Do)
}

func TestApply_unansweredQuestionIsAskedAgainLaterNotAtOnce(t *testing.T) {
	t.Parallel()
	until := noon.Add(30 * time.Minute)
	l := fold(broken(noon), item.Recorded{Count: 1}, portal(item.LinkOpened, 2, until), item.AskStarted{}, item.Unanswered{At: until})
	next := rules.Next(l, until)
	require.Equal(t, item.Wait, next.Do)
	require.Equal(t, until.Add(15*time.Minute), next.Until)
}

func TestApply_removedItemStaysRemoved(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Answered{Status: item.PlaidStatus{Gone: true}, At: noon})
	require.Equal(t, item.Removed, l.State)
	require.Equal(t, item.Record, rules.Next(l, noon).Do)
	l = fold(l, item.Recorded{Count: 2}, webhook(5), answered(noon, ""))
	require.Equal(t, item.Removed, l.State)
	require.Equal(t, item.Finish, rules.Next(l, noon).Do)
}

func TestApply_leavesItsArgumentAlone(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1))
	l.Evidence = append(make([]int64, 0, 8), l.Evidence...)
	a := fold(l, webhook(2))
	_ = fold(l, webhook(3))
	require.Equal(t, []int64{1, 2}, a.Evidence)
}

func TestApply_linkTokenCountsOnceHoweverOftenItIsReported(t *testing.T) {
	t.Parallel()
	opened := portal(item.LinkOpened, 2, noon.Add(30*time.Minute))
	l := fold(broken(noon), opened, opened)
	require.Equal(t, 1, l.LinkAttempts)
}
