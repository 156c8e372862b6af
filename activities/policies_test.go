package activities_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/activities"
	"relink/internal/policy"
)

// applied is a fake of the applied policies.
type applied struct {
	file  []byte
	at    time.Time
	err   error
	asked int
}

func (a *applied) AppliedPolicy(context.Context) ([]byte, time.Time, error) {
	a.asked++
	return a.file, a.at, a.err
}

func TestPolicies_appliedPolicyIsInForceWithinSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		initial := policy.Default()
		initial.Everybody.Gap = time.Hour
		a := &applied{}
		p := activities.NewPolicies(a, initial)
		gap := func() time.Duration {
			got, err := p.Policy(t.Context())
			require.NoError(t, err)
			return got.Everybody.Gap
		}
		require.Equal(t, time.Hour, gap(), "none was applied")
		a.file, a.at = []byte("gap: 24h"), time.Now()
		require.Equal(t, time.Hour, gap())
		require.Equal(t, 1, a.asked, "the database is not asked for each mail")
		<-time.After(5 * time.Second)
		require.Equal(t, 24*time.Hour, gap())

		a.err = errors.New("connection refused")
		<-time.After(5 * time.Second)
		_, err := p.Policy(t.Context())
		require.ErrorIs(t, err, a.err, "no mail is planned by a policy that may no longer be in force")
	})
}
