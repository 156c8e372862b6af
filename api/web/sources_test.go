package web

import (
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSourcesOf_isTheLastAddressThatIsNoTrustedProxy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		trusted   []string
		peer      string
		forwarded []string // lines of X-Forwarded-For
		want      string
	}{
		"its peer":                          {nil, "203.0.113.9:4711", nil, "203.0.113.9/32"},
		"its peer, who is no proxy of ours": {nil, "203.0.113.9:4711", []string{"198.51.100.1"}, "203.0.113.9/32"},
		"its peer, beside proxies of ours": {
			[]string{"10.0.0.0/8"},
			"203.0.113.9:4711",
			[]string{"198.51.100.1, 10.0.0.1"},
			"203.0.113.9/32",
		},
		"whom the proxy names": {[]string{"10.0.0.0/8"}, "10.0.0.1:80", []string{"198.51.100.1"}, "198.51.100.1/32"},
		"the right-most, however much stands left": {
			[]string{"10.0.0.0/8"},
			"10.0.0.1:80",
			[]string{"192.0.2.1, 192.0.2.2, 198.51.100.1"},
			"198.51.100.1/32",
		},
		"behind a chain of proxies": {
			[]string{"10.0.0.0/8", "172.16.0.9/32"},
			"10.0.0.1:80",
			[]string{"192.0.2.1, 198.51.100.1, 172.16.0.9"},
			"198.51.100.1/32",
		},
		"several lines are one list": {
			[]string{"10.0.0.0/8"},
			"10.0.0.1:80",
			[]string{"192.0.2.1", "198.51.100.1", "10.9.9.9"},
			"198.51.100.1/32",
		},
		"with a port":                      {[]string{"10.0.0.0/8"}, "10.0.0.1:80", []string{"198.51.100.1:5555"}, "198.51.100.1/32"},
		"the proxy when it names nobody":   {[]string{"10.0.0.0/8"}, "10.0.0.1:80", nil, "10.0.0.1/32"},
		"the proxy when it names nonsense": {[]string{"10.0.0.0/8"}, "10.0.0.1:80", []string{"192.0.2.1, unknown"}, "10.0.0.1/32"},
		"a proxy when all are":             {[]string{"10.0.0.0/8"}, "10.0.0.1:80", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3/32"},
		"IPv6, by its network":             {nil, "[2001:db8:1:2:3:4:5:6]:80", nil, "2001:db8:1:2::/64"},
		"IPv6 that a proxy names":          {[]string{"fd00::/8"}, "[fd00::1]:80", []string{"[2001:db8:1:2::7]:9"}, "2001:db8:1:2::/64"},
		"IPv6 with a zone":                 {[]string{"fe80::/10"}, "[fe80::1%eth0]:80", []string{"198.51.100.1"}, "198.51.100.1/32"},
		"IPv4 in IPv6 is IPv4": {
			[]string{"10.0.0.0/8"},
			"[::ffff:10.0.0.1]:80",
			[]string{"::ffff:198.51.100.1"},
			"198.51.100.1/32",
		},
		"no address at all": {[]string{"10.0.0.0/8"}, "@", []string{"198.51.100.1"}, "invalid Prefix"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var trusted []netip.Prefix
			for _, p := range tc.trusted {
				trusted = append(trusted, netip.MustParsePrefix(p))
			}
			r := &http.Request{RemoteAddr: tc.peer, Header: http.Header{"X-Forwarded-For": tc.forwarded}}
			require.Equal(t, tc.want, NewSources(trusted).Of(r).String())
		})
	}
}

func TestSourcesUsedUp_endsWithTime(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	s := NewSources(nil)
	s.Now = func() time.Time { return now }
	one, other := netip.MustParsePrefix("203.0.113.9/32"), netip.MustParsePrefix("203.0.113.10/32")
	for range FailuresAtOnce {
		require.False(t, s.UsedUp(one))
		s.Failed(one)
	}
	require.True(t, s.UsedUp(one))
	require.False(t, s.UsedUp(other), "each source has its own")

	now = now.Add(failureEvery)
	require.False(t, s.UsedUp(one), "one more, after a while")
	s.Failed(one)
	require.True(t, s.UsedUp(one))
	for range 1000 {
		s.Failed(one)
	}
	now = now.Add(FailuresAtOnce * failureEvery)
	require.False(t, s.UsedUp(one))
	require.Empty(t, s.by, "it owes nothing any more, so it is forgotten")
	require.Zero(t, s.latest.Len())
}

func TestSources_rememberABoundedNumber(t *testing.T) {
	t.Parallel()
	s := NewSources(nil)
	now := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	s.Now = func() time.Time { return now }
	nth := func(i int) netip.Prefix {
		return netip.PrefixFrom(netip.AddrFrom4([4]byte{198, byte(i >> 16), byte(i >> 8), byte(i)}), 32)
	}
	for range FailuresAtOnce {
		s.Failed(nth(0))
	}
	for i := range 3 * maxSources {
		s.Failed(nth(1 + i))
		if i%1000 == 0 {
			s.Failed(nth(0)) // goes on failing, so it is not the one to be forgotten
		}
	}
	require.Len(t, s.by, maxSources)
	require.Equal(t, maxSources, s.latest.Len())
	require.True(t, s.UsedUp(nth(0)))
	require.NotContains(t, s.by, nth(1))
}
