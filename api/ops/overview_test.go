package ops_test

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/api/ops"
	"relink/internal/item"
	"relink/internal/mailing"
	"relink/internal/readmodel"
	"relink/internal/tasks"
)

func TestOverview_listsWhoNeedsSomebodyFirst(t *testing.T) {
	t.Parallel()
	page := overview(t, someItems())
	said := text(page)
	require.Contains(t, said, "3 Items need somebody")
	require.Contains(t, said, "Of 1207.", "removed Items are nobody's any more")
	require.Regexp(t, `Need somebody .*Corner Bakery.* All others .*Blue Bottle`, said)
	require.Contains(t, said,
		"Corner Bakery Tartan Bank Login required The bank refuses the saved sign-in 3 h since 22 Nov, 12:04 UTC Incident 1")
	require.Contains(t, said, "9 d since 13 Nov, 15:04 UTC Incident 12")
	require.Contains(t, said, "Blue Bottle First Platypus Bank Connected 3 incidents")
	require.Contains(t, page, `href="/ops/items/itm%20Corner%20Bakery"`)
	require.Contains(t, said, "The first 6 of 1214 are shown.")
	require.Contains(t, said, "Olga ops Sign out")
}

func TestOverview_pictureShowsEveryStateInItsShare(t *testing.T) {
	t.Parallel()
	page := overview(t, someItems())
	require.Contains(t, page, `aria-label="2 login required, 1 revoked, 1204 connected, 7 removed"`)
	segments := regexp.MustCompile(`<rect data-state="(\w+)" x="(\d+)" y="0" width="(\d+)"`).FindAllStringSubmatch(page, -1)
	require.Len(t, segments, 4)
	end, widths := 0, map[string]int{}
	for _, s := range segments {
		x, err := strconv.Atoi(s[2])
		require.NoError(t, err)
		width, err := strconv.Atoi(s[3])
		require.NoError(t, err)
		require.Equal(t, end, x, "no gap and no overlap")
		require.GreaterOrEqual(t, width, 12, "one in a thousand can be seen")
		widths[s[1]], end = width, x+width
	}
	require.Equal(t, 1000, end)
	require.Greater(t, widths["connected"], 900)
	for _, state := range []string{"login_required", "revoked", "connected", "removed"} {
		require.Contains(t, page, `href="/ops?state=`+state+`"`)
	}
}

func TestOverview_canShowOneStateAlone(t *testing.T) {
	t.Parallel()
	o := someItems()
	o.State, o.Items = item.LoginRequired, o.Items[:2]
	page := overview(t, o)
	require.Contains(t, page, `href="/ops?state=login_required" aria-current="true"`)
	require.NotContains(t, text(page), "Need somebody")
	require.NotContains(t, text(page), "are shown", "these are all of them")
	require.Contains(t, text(page), "Show all")

	o.State, o.Items = "expiring", nil
	require.Contains(t, text(overview(t, o)), "No Item is in this state now.")
}

func TestOverview_saysWhenNobodyHasToDoAnything(t *testing.T) {
	t.Parallel()
	o := ops.Overview{
		Reader: olga, Counts: map[item.State]int{item.Connected: 1},
		Items: []readmodel.Listed{listed("Blue Bottle", "Bank", item.Connected, "", 0, 0)}, Now: now,
	}
	require.Contains(t, text(overview(t, o)), "Everything is connected 1 Item, and nobody has to do anything.")
	require.Contains(t, text(overview(t, ops.Overview{Reader: olga, Now: now})),
		"No Items yet They appear here when the platform enrols them.")
	o.Counts, o.Items = map[item.State]int{item.LoginRequired: 1},
		[]readmodel.Listed{listed("Blue Bottle", "Bank", item.LoginRequired, item.MFA, 1, time.Second)}
	require.Contains(t, text(overview(t, o)), "1 Item needs somebody Its merchant has been asked, or is about to be.")
}

func guarded() ops.Overview {
	o := someItems()
	o.Pauses = []mailing.Pause{
		{ID: 1, Scope: mailing.PauseAll, Why: "a drill", By: "olga", Since: now.Add(-time.Hour)},
		{
			ID: 2, Scope: mailing.PauseInstitution, Key: "ins_3", FirstMails: true,
			Why: "60 Items of Tartan Bank broke within 10m0s", By: "the guard against a mass break", Since: now.Add(-time.Minute),
		},
	}
	ref := o.Items[1].Item
	for i, kind := range []tasks.Kind{tasks.Escalated, tasks.Perpetual, tasks.StaleData, tasks.WebhookElsewhere} {
		task := tasks.Task{ID: int64(i + 1), Kind: kind, ItemID: ref.ID, Why: "the why of " + string(kind), OpenedAt: now.Add(-50 * time.Hour)}
		o.Tasks = append(o.Tasks, tasks.Listed{Task: task, Item: ref, State: item.LoginRequired})
	}
	o.Tasks = append(o.Tasks,
		tasks.Listed{Task: tasks.Task{ID: 9, Kind: tasks.MassBreak, Why: "60 Items broke; first mails are paused", OpenedAt: now}})
	o.TasksInAll = 31
	return o
}

func TestOverview_showsPausesAndTheirTasks(t *testing.T) {
	t.Parallel()
	page := overview(t, guarded())
	said := text(page)
	require.Contains(t, said, "Mails of everybody are paused A drill Since 22 Nov, 14:04 UTC , by olga")
	require.Contains(t, said, "First mails of institution ins_3 are paused 60 Items of Tartan Bank broke within 10m0s")
	require.Contains(t, said, "The reminders are over : Corner Bakery, Tartan Bank The why of escalated Task 1, 2 d since 20 Nov, 13:04 UTC")
	require.Contains(t, said, "Many Items broke at once 60 Items broke; first mails are paused Task 9")
	require.Contains(t, said, "The oldest 5 of 31 are shown.")
	require.Equal(t, 5, strings.Count(page, `href="/ops/items/itm%20Corner%20Bakery"`),
		"four tasks and the list; the mass break is about many")

	o := guarded()
	o.State = item.LoginRequired
	require.NotContains(t, text(overview(t, o)), "Tasks for a person", "one state alone")
	require.NotContains(t, text(overview(t, someItems())), "paused")
}

func TestOverview_expiringItemShowsUntilWhenItWorks(t *testing.T) {
	t.Parallel()
	o := someItems()
	l := listed("Elm Street Auto", "Tartan Bank", item.Expiring, item.ConsentExpiring, 1, time.Hour)
	l.EndsAt = now.Add(18 * 24 * time.Hour)
	o.Items, o.Counts[item.Expiring] = append(o.Items, l), 1
	page := overview(t, o)
	require.Contains(t, text(page), "4 Items need somebody")
	require.Contains(t, text(page),
		"Elm Street Auto Tartan Bank Expiring The consent at the bank is about to run out Ends 10 Dec, 15:04 UTC Incident 1")
	require.Contains(t, page, `<rect data-state="expiring"`)
	i := anIncident()
	i.Listed = l
	require.Contains(t, text(itemPage(t, i)),
		"The consent at the bank is about to run out, since 22 Nov, 14:04 UTC (1 h) . It works until 10 Dec, 15:04 UTC .")
}

func TestOverview_ofManyItemsIsALightPage(t *testing.T) {
	t.Parallel()
	o := someItems()
	for i := range 200 {
		o.Items = append(o.Items, listed(fmt.Sprintf("Business number %d of Springfield", i), "First Platypus Bank",
			item.LoginRequired, item.Credentials, 3, time.Hour))
	}
	require.Less(t, len(overview(t, o)), 200<<10)
}
