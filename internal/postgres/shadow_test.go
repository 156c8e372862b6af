package postgres_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/mailing"
)

func TestShadow_itemIsMailedOnceItsShadowEnds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.enrolment(t, "itm_1", "m1")
	e.Shadow = true
	_, err := b.Enrol(t.Context(), e)
	require.NoError(t, err)
	claim := func(step int) mailing.Claimed {
		t.Helper()
		return b.claimAt(t, "itm_1", reminder(1, step), time.Duration(step)*time.Minute, mailing.Guard{})
	}
	require.True(t, claim(1).Shadowed)

	e.Shadow = false
	_, err = b.Enrol(t.Context(), e)
	require.NoError(t, err)
	require.True(t, claim(2).Shadowed, "enrolling it again ends no shadow")

	for i, want := range []bool{true, false} {
		changed, err := b.Shadow(t.Context(), "itm_1", false, noon.Add(time.Duration(i)*time.Minute))
		require.NoError(t, err)
		require.Equal(t, want, changed)
	}
	require.False(t, claim(3).Shadowed)
	require.Contains(t, b.audited(t, "itm_1"), "shadow_ended shadow/"+strconv.FormatInt(noon.UnixNano(), 10))
	_, err = b.Shadow(t.Context(), "itm_none", true, noon)
	require.ErrorIs(t, err, item.ErrUnknown)
}
