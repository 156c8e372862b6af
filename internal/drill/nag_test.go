package drill

import (
	"testing"

	"github.com/stretchr/testify/require"

	"relink/internal/policy"
)

func TestOutage_leavesMerchantsOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, s := range []nagSize{nagFull, nagShort} {
		o := newOutage(s.merchants, s.items)
		require.Len(t, o.owner, s.items)
		has, healed := make([]int, s.merchants), make([]int, s.merchants)
		for it, m := range o.owner {
			has[m]++
			if o.heals[it] {
				healed[m]++
			}
		}
		kinds := map[string]int{}
		for m := range has {
			require.NotZero(t, has[m], "every merchant has an Item")
			require.Len(t, o.broken(s.merchants)[m], has[m]-healed[m])
			switch one := has[m] == 1; {
			case one && healed[m] == 1:
				kinds["its one healed"]++
			case one:
				kinds["its one broken"]++
			case healed[m] == has[m]:
				kinds["all healed"]++
			case healed[m] == 0:
				kinds["none healed"]++
			case healed[m] == has[m]-1:
				kinds["one broken"]++
			default:
				kinds["some broken"]++
			}
		}
		require.Len(t, kinds, 6)
		require.Equal(t, s.merchants/3, kinds["its one healed"]+kinds["its one broken"])
	}
}

func TestNagOutcome_oneMailAboutAllThatIsBrokenOrNone(t *testing.T) {
	t.Parallel()
	mail := func(id string, lists int, waiting ...string) letter {
		return letter{messageID: id, lists: lists, waiting: waiting}
	}
	for name, c := range map[string]struct {
		home  household
		wrong []string
	}{
		"right":             {household{asked: true, broken: []string{"a", "b"}, mails: []letter{mail("1", 2, "b", "a")}}, nil},
		"healed and silent": {household{asked: true}, nil},
		"healed and mailed": {household{mails: []letter{mail("1", 1)}}, []string{"m: everything healed, and 1 mails"}},
		"broken and silent": {household{broken: []string{"a"}}, []string{"m: 1 items broken, and no mail"}},
		"nagged":            {household{broken: []string{"a"}, mails: []letter{mail("1", 1, "a"), mail("2", 1, "a")}}, []string{"m: 2 mails"}},
		"leaves one out":    {household{broken: []string{"a", "b"}, mails: []letter{mail("1", 1, "a", "b")}}, []string{"m: mail 1 lists 1 items, and 2 are broken"}},
		"page leaves one out": {
			household{broken: []string{"a", "b"}, mails: []letter{mail("1", 2, "a")}}, []string{"m: the page of mail 1 leaves out b"},
		},
		"healed without a word":     {household{broken: []string{"a"}, mails: []letter{mail("1", 3, "a", "b", "c")}}, nil},
		"asked, and lists a healed": {household{asked: true, broken: []string{"a"}, mails: []letter{mail("1", 2, "a")}}, []string{"m: mail 1 lists 2 items, and 1 are broken"}},
		"asked, and a healed waits": {household{asked: true, broken: []string{"a"}, mails: []letter{mail("1", 1, "a", "b")}}, []string{"m: the page of mail 1 has b, which healed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.home.merchant = "m"
			require.Equal(t, c.wrong, c.home.wrong())
		})
	}
}

func TestNagOutcome_countsHealedItemsInMails(t *testing.T) {
	t.Parallel()
	require.Equal(t, 2, household{broken: []string{"a"}, mails: []letter{{lists: 3}}}.healedListed())
	require.Zero(t, household{broken: []string{"a", "b"}, mails: []letter{{lists: 1}}}.healedListed())
}

func TestAll_policiesAreOnesThatRelinkTakes(t *testing.T) {
	t.Parallel()
	for _, d := range All() {
		for _, short := range []bool{false, true} {
			if d.policy != nil {
				p, err := policy.Parse([]byte(d.policy(short)))
				require.NoError(t, err)
				require.NotEqual(t, policy.Default(), p)
			}
		}
	}
}

func TestObjects_readsOneAfterTheOther(t *testing.T) {
	t.Parallel()
	all, err := objects[mailStop]("{\"scope\":\"all\"}\n{\"scope\":\"institution\",\"key\":\"ins_1\"}\n")
	require.NoError(t, err)
	require.Equal(t, []mailStop{{Scope: "all"}, {Scope: "institution", Key: "ins_1"}}, all)
	all, err = objects[mailStop]("")
	require.NoError(t, err)
	require.Empty(t, all)
	_, err = objects[mailStop]("{\"scope\":\"all\"}\nnot JSON")
	require.Error(t, err)
}
