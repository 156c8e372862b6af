package people

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/cmd/internal/cli"
	"relink/internal/item"
)

const (
	brokenAtAcme = "RelinkState = 'login_required' AND RelinkPartner = 'acme'"
	queryOfAcme  = "--query RelinkState~=~'login_required'~AND~RelinkPartner~=~'acme'"
)

func TestItemsCommand_toManyShowsTheirCountFirst(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{matches: 120}
	d := &shell{commander: c}
	require.NoError(t, d.says(t, "n\n", "items remind "+queryOfAcme))
	require.Contains(t, d.errOut.String(), "120 Items match; remind them? [y/N]")
	require.Equal(t, []string{brokenAtAcme}, c.counted)
	require.False(t, c.touched())

	err := d.types(t, "items remind "+queryOfAcme)
	require.ErrorIs(t, err, cli.ErrUsage, "exit 2")
	require.ErrorContains(t, err, "120 Items match")
	require.False(t, c.touched())

	require.NoError(t, d.says(t, "y\n", "items remind "+queryOfAcme))
	require.Equal(t, map[string]item.OperatorCommand{brokenAtAcme: {Do: item.Remind, By: "olga"}}, c.many)
	require.Equal(t, "120 of 120 have the order to remind\n", d.out.String())
}

func TestItemsCommand_toNobodyAsksNobody(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{}
	d := &shell{commander: c}
	require.NoError(t, d.types(t, "items pause "+queryOfAcme))
	require.Equal(t, "0 of 0 have the order to pause\n", d.out.String())
	require.False(t, c.touched())
}

func TestItemsCommand_countsTheItemsItCannotReachAndFails(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{matches: 120, missed: 3}
	d := &shell{commander: c}
	err := d.types(t, "items snooze "+queryOfAcme+" --until 3d --yes --json")
	require.ErrorContains(t, err, "3 Items could not be reached")
	require.NotErrorIs(t, err, cli.ErrUsage, "exit 1")
	require.JSONEq(t, `{"do":"snooze","matched":120,"reached":117,"missed":3}`, d.out.String())
	require.Equal(t, item.OperatorCommand{Do: item.Snooze, Until: noon.Add(72 * time.Hour), By: "olga"}, c.many[brokenAtAcme])
}

func TestItemsCommand_byIDReachesEveryItemThatCanBeReached(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{refuses: map[item.ID]error{"itm_2": errors.New("workflow not found")}}
	d := &shell{commander: c}
	err := d.types(t, "items recheck itm_1 --by cron itm_2 itm_3")
	require.ErrorContains(t, err, "1 Item could not be reached")
	require.Contains(t, d.errOut.String(), "itm_2: workflow not found")
	require.Equal(t, "2 of 3 have the order to recheck\n", d.out.String())
	o := item.OperatorCommand{Do: item.Recheck, By: "cron"}
	require.Equal(t, map[item.ID]item.OperatorCommand{"itm_1": o, "itm_3": o}, c.each)
}

func TestItemsCommand_removalIsAlwaysAgreedToFirst(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{matches: 1}
	d := &shell{commander: c}
	for _, line := range []string{"items remove itm_1", "items remove --query RelinkMerchant~=~'m_1'"} {
		require.ErrorIs(t, d.types(t, line), cli.ErrUsage)
		require.NoError(t, d.says(t, "n\n", line))
		require.Contains(t, d.errOut.String(), "remove them at Plaid, which nothing can undo? [y/N]")
		require.False(t, c.touched())
	}
	require.NoError(t, d.says(t, "y\n", "items remove itm_1"))
	require.Equal(t, item.RemoveIt, c.each["itm_1"].Do)
}

func TestItemsRecheck_ofAllIsTheWalk(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{}
	d := &shell{commander: c}
	require.NoError(t, d.types(t, "items recheck --all"))
	require.Equal(t, 1, c.walks)
	require.Contains(t, d.out.String(), "a walk over all Items")
	require.NoError(t, d.types(t, "items recheck --all --json"))
	require.JSONEq(t, `{"walk":true}`, d.out.String())
}

func TestLater_isATimeOrHowLongFromNow(t *testing.T) {
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

func TestItemsCommand_namesWrongUsage(t *testing.T) {
	t.Parallel()
	refuses(t, map[string]string{
		"items remind":                            "item_ids or --query",
		"items recheck":                           "item_ids, --query or --all",
		"items recheck itm_1 --all":               "one of",
		"items pause itm_1 --query Relink":        "one of",
		"items remind --all":                      "all",
		"items snooze itm_1":                      "--until",
		"items snooze itm_1 --until yesterday":    `"yesterday"`,
		"items snooze itm_1 --until 2020-01-01":   `"2020-01-01"`,
		"items snooze itm_1 --until=-2h":          `"-2h"`,
		"items remind itm_1 --until 2h":           "until",
		"items resume itm_1 --quietly":            "quietly",
		"items remove --yes":                      "item_ids or --query",
		"items recheck --all --query RelinkState": "one of",
		"items":              "recheck",
		"items bury itm_1":   `"bury"`,
		"items replan itm_1": `"replan"`, // only policy apply sends it
		"items remnid itm_1": `did you mean "remind"?`,
	})
}

func TestCount_aQueryThatIsNotUnderstoodIsWrongUsage(t *testing.T) {
	t.Parallel()
	c := &fakeCommander{countErr: fmt.Errorf("%w: unknown search attribute", ErrBadQuery)}
	d := &shell{commander: c}
	err := d.types(t, "items remind --yes --query Relinkstate~=~'x'")
	require.ErrorIs(t, err, cli.ErrUsage)
	require.ErrorContains(t, err, "unknown search attribute")
	c.countErr = errors.New("connection refused")
	err = d.types(t, "items remind --yes --query RelinkState~=~'x'")
	require.NotErrorIs(t, err, cli.ErrUsage)
	require.ErrorIs(t, err, c.countErr)
	require.False(t, c.touched())
}
