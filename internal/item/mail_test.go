package item_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestWants_isFalseOnceTheItemHealsOrLinkOpens(t *testing.T) {
	t.Parallel()
	l := fold(waitingForMail(noon, item.Plan{Step: 1, At: noon}), item.MailStarted{Mail: reminder(1)})
	require.True(t, l.Wants(reminder(1)))
	healed := fold(l, webhook(2), item.AskStarted{}, answered(noon, ""))
	require.False(t, healed.Wants(reminder(1)))
	opened := fold(l, portal(item.LinkOpened, 2, noon.Add(30*time.Minute)))
	require.False(t, opened.Wants(reminder(1)), "mails hold while Link is open")
}

func TestDedupKey_namesItemIncidentAndStep(t *testing.T) {
	t.Parallel()
	require.Equal(t, "itm/1/reminder-2", reminder(2).DedupKey("itm"))
	require.Equal(t, "itm/3/reconnected", item.MailRef{Kind: item.Reconnected, Incident: 3}.DedupKey("itm"))
}
