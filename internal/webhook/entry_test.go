package webhook_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/webhook"
)

func TestExpiryOf_isTheNamedTimeOrTheNoticePeriodAfterReceipt(t *testing.T) {
	t.Parallel()
	received := time.Date(2026, 11, 22, 12, 0, 0, 0, time.FixedZone("", 3600))
	named := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		event webhook.Event
		want  time.Time
	}{
		"a disconnect that names its time":  {webhook.Event{Type: "ITEM", Code: "PENDING_DISCONNECT", DisconnectTime: &named}, named},
		"an expiration that names its time": {webhook.Event{Type: "ITEM", Code: "PENDING_EXPIRATION", ConsentExpirationTime: &named}, named},
		"a disconnect that names none": {
			webhook.Event{Type: "ITEM", Code: "PENDING_DISCONNECT"},
			time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC),
		},
		"a disconnect with the other's field": {
			webhook.Event{Type: "ITEM", Code: "PENDING_DISCONNECT", ConsentExpirationTime: &named},
			time.Date(2026, 11, 29, 11, 0, 0, 0, time.UTC),
		},
		"an error announces nothing": {webhook.Event{Type: "ITEM", Code: "ERROR", DisconnectTime: &named}, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, webhook.ExpiryOf(tc.event, received))
		})
	}
}

func TestIntakeReread_readsASealedBodyAsIfItCameNow(t *testing.T) {
	t.Parallel()
	in := webhook.Intake{Environment: "sandbox", Forwards: func(kind string) bool { return kind == "ITEM" }}
	key := []byte("delivery")
	reread := in.Reread(func(deliveryKey, sealed []byte) ([]byte, error) {
		if string(deliveryKey) != string(key) {
			return nil, errors.New("another row's")
		}
		return sealed, nil
	})
	a, err := reread(key, []byte(`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A","environment":"sandbox"}`))
	require.NoError(t, err)
	require.Equal(t, item.ID("itm_A"), a.ItemID)
	require.Equal(t, "ITEM/ERROR", a.Code)
	require.True(t, a.Forward)
	require.Empty(t, a.Dead)

	a, err = reread(key, []byte(`not JSON`))
	require.NoError(t, err)
	require.Equal(t, "it is not understood", a.Dead)
	require.False(t, a.Forward)

	_, err = reread([]byte("other"), nil)
	require.ErrorContains(t, err, "its body cannot be opened")
}

func TestIntake_withoutForwardsThePlatformGetsNothing(t *testing.T) {
	t.Parallel()
	event, clean, err := webhook.Read([]byte(`{"webhook_type":"ITEM","webhook_code":"ERROR","item_id":"itm_A"}`))
	require.NoError(t, err)
	require.False(t, webhook.Intake{Environment: "sandbox"}.Entry(event, clean, nil, time.Now()).Forward)
}
