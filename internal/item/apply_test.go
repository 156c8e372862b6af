package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// rules are production's, with a change of state that the table does not hold as a failure of the test.
var rules = item.Rules{Durations: item.Production(), Strict: true}

func connected() item.Life { return item.Life{State: item.Connected} }

func fold(l item.Life, events ...item.Event) item.Life {
	for _, e := range events {
		l = rules.Apply(l, e)
	}
	return l
}

func answered(at time.Time, code string) item.Answered {
	return item.Answered{Truth: item.Truth{ErrorCode: code}, At: at}
}

func broken(at time.Time) item.Life { return fold(connected(), answered(at, "ITEM_LOGIN_REQUIRED")) }

func webhook(id int64) item.Hinted {
	return item.Hinted{Hint: item.Hint{Source: item.FromWebhook, Code: "ITEM/ERROR", InboxIDs: []int64{id}}}
}

func portal(code string, id int64, until time.Time) item.Hinted {
	return item.Hinted{Hint: item.Hint{Source: item.FromPortal, Code: code, InboxIDs: []int64{id}, Until: until}}
}

func TestAHintSetsNoStateItOnlyOwesAQuestion(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1))
	require.Equal(t, item.Connected, l.State)
	require.Equal(t, item.Ask, rules.Next(l, noon).Do)
}

func TestAHintDuringTheQuestionOwesOneMore(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1), item.AskStarted{}, webhook(2), webhook(3), answered(noon, "ITEM_LOGIN_REQUIRED"))
	l = fold(l, item.Recorded{Count: 1})
	require.Equal(t, item.Ask, rules.Next(l, noon).Do)
	l = fold(l, item.AskStarted{}, answered(noon, "ITEM_LOGIN_REQUIRED"))
	require.NotEqual(t, item.Ask, rules.Next(l, noon).Do, "two hints owe one question, not two")
}

func TestPlaidsAnswerOpensAndClosesTheIncident(t *testing.T) {
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

func TestEveryErrorCodeOfTheTableIsDecidedAndOthersAreNot(t *testing.T) {
	t.Parallel()
	cases := []struct {
		truth   item.Truth
		state   item.State
		cause   item.Cause
		decided bool
	}{
		{item.Truth{}, item.Connected, "", true},
		{item.Truth{Gone: true}, item.Removed, item.Gone, true},
		{item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED"}, item.LoginRequired, item.Credentials, true},
		{item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_CONSENT_EXPIRED"}, item.LoginRequired, item.ConsentExpired, true},
		{item.Truth{ErrorCode: "ITEM_LOGIN_REQUIRED", ErrorReason: "OAUTH_USER_REVOKED"}, item.LoginRequired, item.ConsentRevoked, true},
		{item.Truth{ErrorCode: "NO_ACCOUNTS", ErrorReason: "OAUTH_USER_REVOKED"}, item.LoginRequired, item.AccountsMissing, true},
		{item.Truth{ErrorCode: "ITEM_LOCKED"}, item.LoginRequired, item.BankAction, true},
		{item.Truth{ErrorCode: "INVALID_MFA"}, item.LoginRequired, item.MFA, true},
		{item.Truth{ErrorCode: "USER_PERMISSION_REVOKED"}, item.Revoked, item.ConsentRevoked, true},
		{item.Truth{ErrorCode: "INSTITUTION_DOWN"}, "", "", false},
		{item.Truth{ErrorCode: "INVALID_API_KEYS"}, "", "", false},
		{item.Truth{ErrorCode: "A_CODE_OF_TOMORROW"}, "", "", false},
	}
	for _, c := range cases {
		state, cause, decided := c.truth.Verdict()
		require.Equal(t, c.decided, decided, "%+v", c.truth)
		require.Equal(t, c.state, state, "%+v", c.truth)
		require.Equal(t, c.cause, cause, "%+v", c.truth)
	}
}

func TestAnUndecidedAnswerChangesNothingAndHoldsMails(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, answered(noon, "INSTITUTION_DOWN"))
	require.Equal(t, item.LoginRequired, l.State)
	next := rules.Next(l, noon)
	require.Equal(t, item.Wait, next.Do)
	require.Equal(t, noon.Add(time.Hour), next.Until)
	require.Equal(t, item.Ask, rules.Next(l, next.Until).Do)
}

func TestAnUnansweredQuestionIsAskedAgainLaterNotAtOnce(t *testing.T) {
	t.Parallel()
	until := noon.Add(30 * time.Minute)
	l := fold(broken(noon), item.Recorded{Count: 1}, portal(item.LinkOpened, 2, until), item.AskStarted{}, item.Unanswered{At: until})
	next := rules.Next(l, until)
	require.Equal(t, item.Wait, next.Do)
	require.Equal(t, until.Add(15*time.Minute), next.Until)
}

func TestAContradictedClaimIsAskedAgainOnItsScheduleThenDropped(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1))
	at := noon
	for _, wait := range []time.Duration{time.Minute, 10 * time.Minute, time.Hour} {
		l = fold(l, item.AskStarted{}, answered(at, ""))
		next := rules.Next(l, at)
		require.Equal(t, item.Wait, next.Do)
		require.Equal(t, at.Add(wait), next.Until)
		at = next.Until
		require.Equal(t, item.Ask, rules.Next(l, at).Do)
	}
	l = fold(l, item.AskStarted{}, answered(at, ""))
	require.True(t, l.Idle(), "after the last question an idle Item has no timer: %+v", l)
}

func TestAFinishedLinkThatPlaidDoesNotConfirmYetIsAskedAgainQuickly(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Recorded{Count: 1}, portal(item.LinkFinished, 3, time.Time{}), item.AskStarted{}, answered(noon, "ITEM_LOGIN_REQUIRED"))
	require.Equal(t, item.LoginRequired, l.State, "the browser proves nothing")
	require.Equal(t, noon.Add(2*time.Second), rules.Next(l, noon).Until)
}

func TestARemovedItemStaysRemoved(t *testing.T) {
	t.Parallel()
	l := fold(broken(noon), item.Answered{Truth: item.Truth{Gone: true}, At: noon})
	require.Equal(t, item.Removed, l.State)
	require.Equal(t, item.Record, rules.Next(l, noon).Do)
	l = fold(l, item.Recorded{Count: 2}, webhook(5), answered(noon, ""))
	require.Equal(t, item.Removed, l.State)
	require.Equal(t, item.Finish, rules.Next(l, noon).Do)
}

func TestApplyLeavesItsArgumentAlone(t *testing.T) {
	t.Parallel()
	l := fold(connected(), webhook(1))
	l.Evidence = append(make([]int64, 0, 8), l.Evidence...)
	a := fold(l, webhook(2))
	_ = fold(l, webhook(3))
	require.Equal(t, []int64{1, 2}, a.Evidence)
}
