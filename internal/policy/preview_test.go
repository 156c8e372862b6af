package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"relink/internal/item"
	"relink/internal/policy"
)

func TestPreview_defaultLadderGoesByTheMerchantsDay(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	broken := at(t, "2026-11-23T10:00:00+01:00")
	require.Equal(t, []string{
		"reminder Mon 2026-11-23 10:15 +0100", "reminder Wed 2026-11-25 10:15 +0100", "reminder Sat 2026-11-28 10:15 +0100",
		"reminder Wed 2026-12-02 10:15 +0100", "escalation Fri 2026-12-04 10:15 +0100",
	}, locally(policy.Default().Everybody.Preview(broken, time.Time{}, berlin), berlin))
}

func TestPreview_mailsAtEachStepBeforeTheEnd(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	seen, ends := at(t, "2026-11-02T10:00:00+01:00"), at(t, "2026-12-10T12:00:00+01:00")
	require.Equal(t, []string{
		"reminder Tue 2026-11-10 12:00 +0100", "reminder Thu 2026-11-26 12:00 +0100", "reminder Thu 2026-12-03 12:00 +0100",
		"reminder Mon 2026-12-07 12:00 +0100", "reminder Wed 2026-12-09 12:00 +0100", "escalation Thu 2026-12-10 12:00 +0100",
	}, locally(policy.Default().Everybody.Preview(seen, ends, z), z))
}

func TestPreview_mailsOnceAndAtOnceAboutAnEndSeenLate(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	seen, ends := at(t, "2026-12-04T10:00:00+01:00"), at(t, "2026-12-10T12:00:00+01:00")
	require.Equal(t, []string{
		"reminder Fri 2026-12-04 10:00 +0100", "reminder Mon 2026-12-07 12:00 +0100", "reminder Wed 2026-12-09 12:00 +0100",
		"escalation Thu 2026-12-10 12:00 +0100",
	}, locally(policy.Default().Everybody.Preview(seen, ends, z), z))
}

func TestPreview_withdrawnConsentGetsOneMail(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	broken := at(t, "2026-11-23T10:00:00+01:00")
	out := policy.Default().For(item.ConsentRevoked, "", "").Preview(broken, time.Time{}, z)
	require.Len(t, out, 2)
	require.Equal(t, "escalation", out[1].What)
}

func TestPreview_neverBreaksTheRules(t *testing.T) {
	t.Parallel()
	zones := []string{"America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe", "UTC"}
	rapid.Check(t, func(rt *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		require.NoError(t, err)
		r := policy.Default().Everybody
		r.Quiet = policy.Quiet{From: rapid.IntRange(0, 1439).Draw(rt, "from"), To: rapid.IntRange(0, 1439).Draw(rt, "to")}
		for d := range r.Weekdays {
			r.Weekdays[d] = rapid.Bool().Draw(rt, "day")
		}
		r.Weekdays[rapid.IntRange(0, 6).Draw(rt, "one day")] = true
		broken := time.Unix(rapid.Int64Range(1767225600, 1830297600).Draw(rt, "broken"), 0)
		out := r.Preview(broken, time.Time{}, z)
		require.Len(t, out, len(r.Steps)+1)
		for i, o := range out[:len(r.Steps)] {
			local := o.At.In(z)
			require.True(t, r.Weekdays[local.Weekday()], "%s on a closed day", local)
			m := local.Hour()*60 + local.Minute()
			quiet := r.Quiet.From <= m && m < r.Quiet.To
			if r.Quiet.From > r.Quiet.To {
				quiet = m >= r.Quiet.From || m < r.Quiet.To
			}
			require.False(t, quiet, "%s in quiet hours", local)
			require.False(t, o.At.Before(broken.Add(r.SecondLook)))
			if i > 0 {
				require.GreaterOrEqual(t, o.At.Sub(out[i-1].At), r.Gap)
			}
		}
	})
}
