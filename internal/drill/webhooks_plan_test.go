package drill

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// eachPlan tries a rule on many histories of several sizes.
func eachPlan(t *testing.T, rule func(t *testing.T, p plan)) {
	t.Helper()
	for n := range uint64(50) {
		items, sends := 1+int(n)*3, 60+int(n)*40
		t.Run(fmt.Sprintf("%d items, %d sends", items, sends), func(t *testing.T) {
			t.Parallel()
			rule(t, newPlan(rand.New(rand.NewPCG(n, n)), items, sends))
		})
	}
}

func TestPlan_newWebhookFollowsEachItemsLastChange(t *testing.T) {
	t.Parallel()
	eachPlan(t, func(t *testing.T, p plan) {
		untold, sent := map[int]bool{}, map[int]bool{}
		for _, s := range p.steps {
			switch {
			case s.isChange():
				untold[s.item] = true
			case !sent[s.hook] && p.hooks[s.hook].concernsHealth():
				delete(untold, s.item)
			}
			sent[s.hook] = true
		}
		require.Empty(t, untold)
	})
}

func TestPlan_truthIsTheLastChange(t *testing.T) {
	t.Parallel()
	eachPlan(t, func(t *testing.T, p plan) {
		truth := make([]string, len(p.truth))
		for _, s := range p.steps {
			if s.isChange() {
				truth[s.item] = s.code
			}
		}
		require.Equal(t, truth, p.truth)
	})
}

func TestPlan_thirdAreDuplicatesAndNothingIsLeftOut(t *testing.T) {
	t.Parallel()
	eachPlan(t, func(t *testing.T, p plan) {
		sends, sent := 0, map[int]int{}
		for _, s := range p.steps {
			if !s.isChange() {
				sends++
				sent[s.hook]++
				require.Equal(t, p.hooks[s.hook].item, s.item)
			}
		}
		require.Len(t, sent, len(p.hooks))
		require.Equal(t, sends/3, sends-len(p.hooks))
	})
}

func TestPlan_owedItemsBreakOnceAndNobodyClaimsOtherwise(t *testing.T) {
	t.Parallel()
	owed := 0
	full := sizes[false]
	p := newPlan(rand.New(rand.NewPCG(seed, seed)), full.items, full.sends)
	changes := make([]int, len(p.truth))
	for _, s := range p.steps {
		if s.isChange() {
			changes[s.item]++
		}
	}
	for it := range p.truth {
		if p.owed[it] {
			owed++
			require.Equal(t, 1, changes[it])
			require.NotEmpty(t, p.truth[it])
		}
	}
	for _, h := range p.hooks {
		require.False(t, p.owed[h.item] && h.code == "LOGIN_REPAIRED")
	}
	require.Equal(t, full.items/5, owed)
}

func TestPlan_sabotagedItemsEndBroken(t *testing.T) {
	t.Parallel()
	for _, s := range sizes {
		p := newPlan(rand.New(rand.NewPCG(seed, seed)), s.items, s.sends)
		require.Len(t, p.victims(), s.items/10)
		for _, it := range p.victims() {
			require.NotEmpty(t, p.truth[it])
		}
	}
}
