package testkit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

func TestLogger_writesToTheTestAndNothingAfterIt(t *testing.T) {
	t.Parallel()
	var log *zap.Logger
	r := &recording{}
	t.Run("inner", func(t *testing.T) {
		r.TB = t
		log = Logger(r)
		log.Info("item linked", zap.String("item_id", "i-1"))
	})
	require.Len(t, r.lines, 1)
	require.Contains(t, r.lines[0], `item linked	{"item_id": "i-1"}`)
	log.Info("worker stopped")
	require.Len(t, r.lines, 1)
}

type recording struct {
	testing.TB
	lines []string
}

func (r *recording) Logf(format string, args ...any) {
	r.lines = append(r.lines, fmt.Sprintf(format, args...))
}
