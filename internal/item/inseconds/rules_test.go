package inseconds_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/item/inseconds"
)

// all returns every duration of the table, the elements of lists included.
func all(t *testing.T, d item.Durations) (found []time.Duration) {
	t.Helper()
	v := reflect.ValueOf(d)
	for i := range v.NumField() {
		switch f := v.Field(i).Interface().(type) {
		case time.Duration:
			found = append(found, f)
		case []time.Duration:
			found = append(found, f...)
		default:
			require.Fail(t, "neither a duration nor a list", v.Type().Field(i).Name)
		}
	}
	return found
}

func TestRules_shortenEveryDurationAndKeepTheirOrder(t *testing.T) {
	t.Parallel()
	long, short := all(t, item.Production()), all(t, inseconds.Rules().Durations)
	require.Len(t, short, len(long))
	for i, d := range short {
		require.Positive(t, d)
		require.Less(t, d, 30*time.Second)
		require.Less(t, d, long[i])
		for j := range short {
			require.Equal(t, long[i] < long[j], d < short[j], "%s and %s", long[i], long[j])
		}
	}
}
