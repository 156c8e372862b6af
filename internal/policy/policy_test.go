package policy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"relink/internal/item"
	"relink/internal/policy"
)

const day = 24 * time.Hour

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	require.NoError(t, err)
	return z
}

func at(t *testing.T, text string) time.Time {
	t.Helper()
	v, err := time.Parse(time.RFC3339, text)
	require.NoError(t, err)
	return v
}

// locally is when each line of a preview goes out, by the merchant's clock.
func locally(out []policy.Outgoing, z *time.Location) []string {
	var all []string
	for _, o := range out {
		all = append(all, o.What+" "+o.At.In(z).Format("Mon 2006-01-02 15:04 -0700"))
	}
	return all
}

func TestTheDefaultLadderGoesByTheMerchantsDay(t *testing.T) {
	t.Parallel()
	berlin := zone(t, "Europe/Berlin")
	broken := at(t, "2026-11-23T10:00:00+01:00")
	require.Equal(t, []string{
		"reminder Mon 2026-11-23 10:15 +0100", "reminder Wed 2026-11-25 10:15 +0100", "reminder Sat 2026-11-28 10:15 +0100",
		"reminder Wed 2026-12-02 10:15 +0100", "escalation Fri 2026-12-04 10:15 +0100",
	}, locally(policy.Default().Everybody.Preview(broken, time.Time{}, berlin), berlin))
}

func TestAMailInQuietHoursWaitsForTheirEnd(t *testing.T) {
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

func TestBothNightsOfTheClocksKeepTheMerchantsMorning(t *testing.T) {
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

func TestQuietHoursThatEndInTheHourTheClocksSkipOrRepeat(t *testing.T) {
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

func TestADayWithoutMailsIsWaitedOut(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	p, err := policy.Parse([]byte("weekdays: [mon, tue, wed, thu, fri]\n"))
	require.NoError(t, err)
	friday := at(t, "2026-11-27T19:50:00-05:00")
	plan := p.Everybody.Next(policy.Situation{BrokenSince: friday, Zone: z, Now: friday})
	require.Equal(t, "Mon 2026-11-30 08:00", plan.At.In(z).Format("Mon 2006-01-02 15:04"))
	require.Equal(t, "quiet hours", plan.Why)
}

func TestAMailToTheMerchantHoldsTheNextFor48Hours(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	broken := at(t, "2026-11-23T10:00:00-05:00")
	p := policy.Default().Everybody.Next(policy.Situation{BrokenSince: broken, LastMail: broken.Add(-time.Hour), Zone: z, Now: broken})
	require.Equal(t, broken.Add(47*time.Hour), p.At)
	require.Equal(t, "48h after the mail before", p.Why)
}

func TestStepsMissedWhileMailsWereHeldDoNotBunch(t *testing.T) {
	t.Parallel()
	z := zone(t, "America/New_York")
	broken := at(t, "2026-11-02T10:00:00-05:00")
	late := broken.Add(20 * day)
	p := policy.Default().Everybody.Next(policy.Situation{BrokenSince: broken, Used: 2, LastUsed: late, LastMail: late, Zone: z, Now: late})
	require.Equal(t, late.Add(3*day), p.At, "the third follows the second by the ladder's own distance")
}

func TestAnItemThatExpiresIsToldAtEachStepBeforeItsEnd(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	seen, ends := at(t, "2026-11-02T10:00:00+01:00"), at(t, "2026-12-10T12:00:00+01:00")
	require.Equal(t, []string{
		"reminder Tue 2026-11-10 12:00 +0100", "reminder Thu 2026-11-26 12:00 +0100", "reminder Thu 2026-12-03 12:00 +0100",
		"reminder Mon 2026-12-07 12:00 +0100", "reminder Wed 2026-12-09 12:00 +0100", "escalation Thu 2026-12-10 12:00 +0100",
	}, locally(policy.Default().Everybody.Preview(seen, ends, z), z))
}

func TestAnEndSeenLateIsToldOnceAndAtOnce(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	seen, ends := at(t, "2026-12-04T10:00:00+01:00"), at(t, "2026-12-10T12:00:00+01:00")
	require.Equal(t, []string{
		"reminder Fri 2026-12-04 10:00 +0100", "reminder Mon 2026-12-07 12:00 +0100", "reminder Wed 2026-12-09 12:00 +0100",
		"escalation Thu 2026-12-10 12:00 +0100",
	}, locally(policy.Default().Everybody.Preview(seen, ends, z), z))
}

func TestWithdrawnConsentGetsOneMail(t *testing.T) {
	t.Parallel()
	z := zone(t, "Europe/Berlin")
	broken := at(t, "2026-11-23T10:00:00+01:00")
	out := policy.Default().For(item.ConsentRevoked, "", "").Preview(broken, time.Time{}, z)
	require.Len(t, out, 2)
	require.Equal(t, "escalation", out[1].What)
}

func TestTheNearestRuleWins(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse([]byte(`
second_look: 30m
causes:
  mfa: {second_look: 1h, steps: [0d, 1d]}
partners:
  acme: {second_look: 2h, shadow: true}
merchants:
  m_42: {second_look: 3h}
`))
	require.NoError(t, err)
	require.Equal(t, 30*time.Minute, p.For(item.Credentials, "", "").SecondLook)
	require.Equal(t, time.Hour, p.For(item.MFA, "", "").SecondLook)
	require.Equal(t, 2*time.Hour, p.For(item.MFA, "acme", "m_1").SecondLook)
	r := p.For(item.MFA, "acme", "m_42")
	require.Equal(t, 3*time.Hour, r.SecondLook)
	require.True(t, r.Shadow)
	require.Equal(t, []time.Duration{0, day}, r.Steps)
	require.Len(t, p.For(item.ConsentRevoked, "", "").Steps, 1, "what the file does not name stays")
}

func TestAllThatIsWrongIsReportedTogetherWithItsLine(t *testing.T) {
	t.Parallel()
	_, err := policy.Parse([]byte(`second_look: soon
quiet: 20-8
weekdays: [monday]
steps: [0d, 5d, 2d]
before: [1d, 3d]
ladder: [1d]
causes:
  boredom: {steps: [0d]}
partners:
  acme: {shadow: maybe}
mass_break: {of_all: -1}
`))
	for _, want := range []string{
		`line 1: expected a time`, `line 2: expected quiet hours`, `line 3: there is no weekday "monday"`, `line 4: steps: 2d must be longer`,
		`line 5: before: 3d must be shorter`, `line 6: the policy has no "ladder"`, `line 8: there is no cause "boredom"`,
		`line 10: expected true or false`, `line 11: expected a number`,
	} {
		require.ErrorContains(t, err, want)
	}
	_, err = policy.Parse([]byte("steps: [\n"))
	require.ErrorContains(t, err, "line")
}

func TestAnEmptyFileIsTheDefault(t *testing.T) {
	t.Parallel()
	p, err := policy.Parse(nil)
	require.NoError(t, err)
	require.Equal(t, policy.Default().Version(), p.Version())
	changed, err := policy.Parse([]byte("gap: 24h"))
	require.NoError(t, err)
	require.NotEqual(t, p.Version(), changed.Version())
}

func TestNoPreviewEverBreaksTheRules(t *testing.T) {
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
