package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestObjects_readsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	all, err := objects[mailPause]("{\"scope\":\"all\"}\n{\"scope\":\"institution\",\"key\":\"ins_1\"}\n")
	require.NoError(t, err)
	require.Equal(t, []mailPause{{Scope: "all"}, {Scope: "institution", Key: "ins_1"}}, all)
	all, err = objects[mailPause]("")
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = objects[mailPause]("{\"scope\":\"all\"}\nnot JSON")
	require.Error(t, err)
}
