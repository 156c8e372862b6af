package drill

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOutage_leavesMerchantsOfEveryKind(t *testing.T) {
	t.Parallel()
	for _, s := range nagSizes {
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
	mail := func(id string, lists int, waiting ...string) readMail {
		return readMail{messageID: id, lists: lists, waiting: waiting}
	}
	for name, c := range map[string]struct {
		o     outcome
		wrong []string
	}{
		"right":             {outcome{asked: true, broken: []string{"a", "b"}, mails: []readMail{mail("1", 2, "b", "a")}}, nil},
		"healed and silent": {outcome{asked: true}, nil},
		"healed and mailed": {outcome{mails: []readMail{mail("1", 1)}}, []string{"m: everything healed, and 1 mails"}},
		"broken and silent": {outcome{broken: []string{"a"}}, []string{"m: 1 items broken, and no mail"}},
		"nagged":            {outcome{broken: []string{"a"}, mails: []readMail{mail("1", 1, "a"), mail("2", 1, "a")}}, []string{"m: 2 mails"}},
		"leaves one out": {
			outcome{broken: []string{"a", "b"}, mails: []readMail{mail("1", 1, "a", "b")}},
			[]string{"m: mail 1 lists 1 items, and 2 are broken"},
		},
		"page leaves one out": {
			outcome{broken: []string{"a", "b"}, mails: []readMail{mail("1", 2, "a")}}, []string{"m: the page of mail 1 leaves out b"},
		},
		"healed without a word": {outcome{broken: []string{"a"}, mails: []readMail{mail("1", 3, "a", "b", "c")}}, nil},
		"asked, and lists a healed": {
			outcome{asked: true, broken: []string{"a"}, mails: []readMail{mail("1", 2, "a")}},
			[]string{"m: mail 1 lists 2 items, and 1 are broken"},
		},
		"asked, and a healed waits": {
			outcome{asked: true, broken: []string{"a"}, mails: []readMail{mail("1", 1, "a", "b")}},
			[]string{"m: the page of mail 1 has b, which healed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.o.merchant = "m"
			require.Equal(t, c.wrong, c.o.wrong())
		})
	}
}

func TestNagOutcome_countsHealedItemsInMails(t *testing.T) {
	t.Parallel()
	require.Equal(t, 2, outcome{broken: []string{"a"}, mails: []readMail{{lists: 3}}}.healedListed())
	require.Zero(t, outcome{broken: []string{"a", "b"}, mails: []readMail{{lists: 1}}}.healedListed())
}
