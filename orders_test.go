package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

const brokenAtAcme = "RelinkState = 'login_required' AND RelinkPartner = 'acme'"

func order(t *testing.T, s shell, args ...string) orderLine {
	t.Helper()
	l, err := parseOrder(s, args, noon)
	require.NoError(t, err)
	return l
}

func TestAnOrderToManyShowsTheirCountFirst(t *testing.T) {
	t.Parallel()
	h := &fakeHand{matches: 120}
	s, _, ask := at("n\n")
	require.NoError(t, order(t, s, "remind", "--query", brokenAtAcme).run(t.Context(), h))
	require.Contains(t, ask.String(), "120 Items match; remind them? [y/N]")
	require.Equal(t, []string{brokenAtAcme}, h.counted)
	require.False(t, h.touched())

	nobody, _, _ := at()
	err := order(t, nobody, "remind", "--query", brokenAtAcme).run(t.Context(), h)
	require.ErrorIs(t, err, errUsage, "exit 2")
	require.ErrorContains(t, err, "120 Items match")
	require.False(t, h.touched())

	s, out, _ := at("y\n")
	require.NoError(t, order(t, s, "remind", "--query", brokenAtAcme).run(t.Context(), h))
	require.Equal(t, map[string]item.Order{brokenAtAcme: {Do: item.Remind, By: "olga"}}, h.many)
	require.Equal(t, "120 of 120 have the order to remind\n", out.String())
}

func TestAnOrderToNobodyAsksNobody(t *testing.T) {
	t.Parallel()
	h := &fakeHand{}
	s, out, _ := at()
	require.NoError(t, order(t, s, "pause", "--query", brokenAtAcme).run(t.Context(), h))
	require.Equal(t, "0 of 0 have the order to pause\n", out.String())
	require.False(t, h.touched())
}

func TestWhoCouldNotBeReachedIsCountedAndFailsTheCommand(t *testing.T) {
	t.Parallel()
	h := &fakeHand{matches: 120, missed: 3}
	s, out, _ := at()
	err := order(t, s, "snooze", "--query", brokenAtAcme, "--until", "3d", "--yes", "--json").run(t.Context(), h)
	require.ErrorContains(t, err, "3 Items could not be reached")
	require.NotErrorIs(t, err, errUsage, "exit 1")
	require.JSONEq(t, `{"do":"snooze","matched":120,"reached":117,"missed":3}`, out.String())
	require.Equal(t, item.Order{Do: item.Snooze, Until: noon.Add(72 * time.Hour), By: "olga"}, h.many[brokenAtAcme])
}

func TestAnOrderByIDReachesEveryItemThatCanBeReached(t *testing.T) {
	t.Parallel()
	h := &fakeHand{refuses: map[item.ID]error{"itm_2": errors.New("workflow not found")}}
	s, out, ask := at()
	err := order(t, s, "recheck", "itm_1", "--by", "cron", "itm_2", "itm_3").run(t.Context(), h)
	require.ErrorContains(t, err, "1 Item could not be reached")
	require.Contains(t, ask.String(), "itm_2: workflow not found")
	require.Equal(t, "2 of 3 have the order to recheck\n", out.String())
	o := item.Order{Do: item.Recheck, By: "cron"}
	require.Equal(t, map[item.ID]item.Order{"itm_1": o, "itm_3": o}, h.each)
}

func TestARemovalIsAlwaysAgreedToFirst(t *testing.T) {
	t.Parallel()
	h := &fakeHand{matches: 1}
	for _, args := range [][]string{{"remove", "itm_1"}, {"remove", "--query", "RelinkMerchant = 'm_1'"}} {
		nobody, _, _ := at()
		require.ErrorIs(t, order(t, nobody, args...).run(t.Context(), h), errUsage)
		s, _, ask := at("n\n")
		require.NoError(t, order(t, s, args...).run(t.Context(), h))
		require.Contains(t, ask.String(), "remove them at Plaid, for good? [y/N]")
		require.False(t, h.touched())
	}
	s, _, _ := at("y\n")
	require.NoError(t, order(t, s, "remove", "itm_1").run(t.Context(), h))
	require.Equal(t, item.RemoveIt, h.each["itm_1"].Do)
}

func TestRecheckOfAllIsTheWalk(t *testing.T) {
	t.Parallel()
	h := &fakeHand{}
	s, out, _ := at()
	require.NoError(t, order(t, s, "recheck", "--all").run(t.Context(), h))
	require.Equal(t, 1, h.walks)
	require.Contains(t, out.String(), "a walk over all Items")
}

func TestUntilIsATimeOrHowLongFromNow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Time{
		"2026-12-01T09:00:00+01:00": time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC),
		"12h":                       noon.Add(12 * time.Hour),
		"3d":                        noon.Add(72 * time.Hour),
		"1d12h":                     noon.Add(36 * time.Hour),
	} {
		got, err := later(text, noon)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"", "tomorrow", "0h", "-3h", "2026-11-22T11:59:59Z", "2026-12-01"} {
		_, err := later(text, noon)
		require.Error(t, err, text)
	}
}

func TestWrongUsageOfOrdersIsNamed(t *testing.T) {
	t.Parallel()
	s, _, _ := at()
	for line, names := range map[string]string{
		"remind":                            "item_ids or --query",
		"recheck":                           "item_ids, --query or --all",
		"recheck itm_1 --all":               "one of",
		"pause itm_1 --query Relink":        "one of",
		"remind --all":                      "all",
		"snooze itm_1":                      "--until",
		"snooze itm_1 --until yesterday":    `"yesterday"`,
		"snooze itm_1 --until 2020-01-01":   `"2020-01-01"`,
		"snooze itm_1 --until=-2h":          `"-2h"`,
		"remind itm_1 --until 2h":           "until",
		"resume itm_1 --quietly":            "quietly",
		"remove --yes":                      "item_ids or --query",
		"recheck --all --query RelinkState": "one of",
	} {
		_, err := parseOrder(s, strings.Fields(line), noon)
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
	for line, names := range map[string]string{
		"":                                    "recheck",
		"bury itm_1":                          `"bury"`,
		"replan itm_1":                        `"replan"`, // of policy apply's doing
		"list --state expired":                `"expired"`,
		"list --needs-person --state revoked": "do not go together",
	} {
		err := runItems(t.Context(), strings.Fields(line))
		require.ErrorIs(t, err, errUsage, line)
		require.ErrorContains(t, err, names, line)
	}
}
