package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/policy"
)

func TestNext_waitsForTheEndOfQuietHours(t *testing.T) {
	t.Parallel()
	newYork := zone(t, "America/New_York")
	r := policy.Default().Everybody
	for broken, want := range map[string]string{
		"2026-11-23T19:44:00-05:00": "Mon 2026-11-23 19:59 -0500",
		"2026-11-23T19:45:00-05:00": "Tue 2026-11-24 08:00 -0500",
		"2026-11-24T03:00:00-05:00": "Tue 2026-11-24 08:00 -0500",
	} {
		p := r.Next(policy.Situation{BrokenSince: at(t, broken), Zone: newYork, Now: at(t, broken)})
		require.Equal(t, want, p.At.In(newYork).Format("Mon 2006-01-02 15:04 -0700"), broken)
	}
}

func TestNext_keepsTheMerchantsMorningWhenTheClocksChange(t *testing.T) {
	t.Parallel()
	for zoneName, nights := range map[string][2]string{
		"America/New_York": {"2027-03-14", "2026-11-01"},
		"Europe/Berlin":    {"2027-03-28", "2026-10-25"},
	} {
		z := zone(t, zoneName)
		for _, night := range nights {
			evening, err := time.ParseInLocation("2006-01-02 15:04", night+" 00:30", z)
			require.NoError(t, err)
			p := policy.Default().Everybody.Next(policy.Situation{BrokenSince: evening, Zone: z, Now: evening})
			require.Equal(t, night+" 08:00", p.At.In(z).Format("2006-01-02 15:04"), zoneName)
		}
	}
}

func TestNext_quietHoursEndInTheHourTheClocksSkipOrRepeat(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	r := policy.Default().Everybody
	r.SecondLook = 0
	for _, c := range []struct {
		quiet         policy.Quiet
		broken, wants string
	}{
		{policy.Quiet{From: 60, To: 150}, "2027-03-14T01:30:00-05:00", "2027-03-14 03:30 -0400"}, // 02:30 is skipped
		{policy.Quiet{From: 30, To: 90}, "2026-11-01T00:45:00-04:00", "2026-11-01 01:30 -0400"},  // 01:30 comes twice
	} {
		r.Quiet = c.quiet
		p := r.Next(policy.Situation{BrokenSince: at(t, c.broken), Zone: z, Now: at(t, c.broken)})
		require.Equal(t, c.wants, p.At.In(z).Format("2006-01-02 15:04 -0700"))
	}
}

func TestNext_waitsOutADayWithoutMails(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	p, err := policy.Parse([]byte("weekdays: [mon, tue, wed, thu, fri]\n"))
	require.NoError(t, err)
	friday := at(t, "2026-11-27T19:50:00-05:00")
	plan := p.Everybody.Next(policy.Situation{BrokenSince: friday, Zone: z, Now: friday})
	require.Equal(t, "Mon 2026-11-30 08:00", plan.At.In(z).Format("Mon 2006-01-02 15:04"))
	require.Equal(t, "quiet hours", plan.Why)
}

func TestNext_waits48HoursAfterTheLastMail(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	broken := at(t, "2026-11-23T10:00:00-05:00")
	p := policy.Default().Everybody.Next(policy.Situation{BrokenSince: broken, LastMail: broken.Add(-time.Hour), Zone: z, Now: broken})
	require.Equal(t, broken.Add(47*time.Hour), p.At)
	require.Equal(t, "48h after the mail before", p.Why)
}

func TestNext_stepsMissedWhileMailsWereHeldDoNotBunch(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	broken := at(t, "2026-11-02T10:00:00-05:00")
	late := broken.Add(20 * day)
	p := policy.Default().Everybody.Next(policy.Situation{BrokenSince: broken, Used: 2, LastUsed: late, LastMail: late, Zone: z, Now: late})
	require.Equal(t, late.Add(3*day), p.At, "the third follows the second by the ladder's own distance")
}
