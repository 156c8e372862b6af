package activities_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"relink/activities"
)

func TestGiveUp_marksTheMessageWithItsReason(t *testing.T) {
	t.Parallel()
	o := newOutbox()
	a := activities.NewOutbox(o)
	_, _, err := perform[any](t, a, a.GiveUp, activities.Undelivered{Key: messageKey, Why: "platform: status 410"})
	require.NoError(t, err)
	require.Equal(t, "platform: status 410", o.failure)
	o.reads = errors.New("connection refused")
	_, _, err = perform[any](t, a, a.GiveUp, activities.Undelivered{Key: messageKey})
	require.Equal(t, decision{Type: "TryAgain"}, decisionOf(t, err))
}
