package item_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
)

func TestKey_ofARemovalIsNotThatOfAClosing(t *testing.T) {
	t.Parallel()
	gone := item.Answered{Status: item.PlaidStatus{Gone: true}, At: noon.Add(day)}
	l := fold(broken(noon), answered(noon, ""), item.Recorded{Count: 2}, gone)
	require.Equal(t, "1/removed", l.Unrecorded[0].Key(), "under the key of the closing it would not be recorded")
}
