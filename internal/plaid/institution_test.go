package plaid_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"relink/internal/item"
	"relink/internal/plaid"
)

// banks responds to /institutions/get_by_id without a network, so that the test controls the time.
type banks struct {
	mu     sync.Mutex
	say    func(institutionID string) (status int, body string)
	asked  map[string]int
	takes  time.Duration
	oddest map[string]any // the last request's body
}

func (b *banks) RoundTrip(req *http.Request) (*http.Response, error) {
	var in map[string]any
	if err := json.NewDecoder(req.Body).Decode(&in); err != nil {
		return nil, err
	}
	id, _ := in["institution_id"].(string)
	b.mu.Lock()
	b.asked[id]++
	b.oddest = in
	status, body := b.say(id)
	b.mu.Unlock()
	select {
	case <-time.After(b.takes):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: req,
	}, nil
}

// responds sets the response about a bank from now on.
func (b *banks) responds(say func(string) (int, string)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.say = say
}

func (b *banks) count(institutionID string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.asked[institutionID]
}

func logins(status string) func(string) (int, string) {
	return func(id string) (int, string) {
		return http.StatusOK, fmt.Sprintf(`{"institution":{"institution_id":%q,"name":"The Bank","status":{"item_logins":{"status":%q,
			"last_status_change":"2026-11-22T07:00:00Z",`+
			`"breakdown":{"success":0.5,"error_plaid":0.25,"error_institution":0.25}}}},"request_id":"r"}`, id, status)
	}
}

func says(status int, body string) func(string) (int, string) {
	return func(string) (int, string) { return status, body }
}

func bankClient(t *testing.T, say func(string) (int, string)) (*plaid.Client, *banks) {
	t.Helper()
	b := &banks{say: say, asked: map[string]int{}}
	opts := options("https://plaid.invalid")
	opts.CountryCodes = []string{"US", "CA"}
	opts.HTTPClient = &http.Client{Transport: b}
	return clientOf(t, opts), b
}

func down(t *testing.T, c *plaid.Client, institutionID string) bool {
	t.Helper()
	got, err := c.LoginsDown(t.Context(), institutionID)
	require.NoError(t, err)
	return got
}

func TestLoginsDown_onlyDownIsDown(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		say  func(string) (int, string)
		want bool
	}{
		"DOWN":            {logins("DOWN"), true},
		"DEGRADED":        {logins("DEGRADED"), false},
		"HEALTHY":         {logins("HEALTHY"), false},
		"a word of later": {logins("DOWNRIGHT_ODD"), false},
		"few people there": {says(http.StatusOK, `{"institution":{"institution_id":"ins_1","name":"B",`+
			`"status":{"item_logins":null}},"request_id":"r"}`), false},
		"no status":        {says(http.StatusOK, `{"institution":{"institution_id":"ins_1","name":"B","status":null},"request_id":"r"}`), false},
		"unknown to Plaid": {says(http.StatusBadRequest, `{"error_type":"INVALID_INPUT","error_code":"INVALID_INSTITUTION"}`), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, b := bankClient(t, tc.say)
			require.Equal(t, tc.want, down(t, c, "ins_1"))
			require.Equal(t, tc.want, down(t, c, "ins_1"))
			require.Equal(t, 1, b.count("ins_1"), "this response is cached as well")
			require.Equal(t, map[string]any{
				"institution_id": "ins_1", "country_codes": []any{"US", "CA"}, "options": map[string]any{"include_status": true},
			}, b.oddest)
			require.False(t, down(t, c, ""))
		})
	}
}

func TestLoginsDown_aBankIsAskedAboutOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, b := bankClient(t, logins("DOWN"))
		for range 1000 {
			require.True(t, down(t, c, "ins_1"))
		}
		require.Equal(t, 1, b.count("ins_1"))
		b.responds(logins("HEALTHY"))
		require.True(t, down(t, c, "ins_1"))
		<-time.After(time.Minute)
		require.False(t, down(t, c, "ins_1"))
		require.Equal(t, 2, b.count("ins_1"))
		b.responds(logins("DOWN"))
		require.False(t, down(t, c, "ins_1"), "that all is well is remembered, too")
		require.True(t, down(t, c, "ins_2"), "each by itself")
	})
}

func TestLoginsDown_aThousandMailsAtOnceAskOnceAboutTheirBank(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, b := bankClient(t, logins("DOWN"))
		b.takes = time.Second
		first, leave := context.WithCancel(t.Context())
		left := make(chan error)
		go func() {
			_, err := c.LoginsDown(first, "ins_1")
			left <- err
		}()
		synctest.Wait()
		var held atomic.Int32
		var mails sync.WaitGroup
		for range 1000 {
			mails.Go(func() {
				if down(t, c, "ins_1") {
					held.Add(1)
				}
			})
		}
		synctest.Wait()
		leave()
		require.ErrorIs(t, <-left, context.Canceled)
		mails.Wait()
		require.EqualValues(t, 1000, held.Load(), "the first caller left, and the response still came")
		require.Equal(t, 1, b.count("ins_1"))
	})
}

func TestLoginsDown_questionsStayWithinPlaidsLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, b := bankClient(t, logins("DOWN"))
		began := time.Now()
		for minute := range 3 {
			var mails sync.WaitGroup
			var held atomic.Int32
			for i := range 1000 {
				mails.Go(func() {
					if down(t, c, fmt.Sprintf("ins_%d_%d", minute, i)) {
						held.Add(1)
					}
				})
			}
			mails.Wait()
			require.LessOrEqual(t, time.Since(began), 2*time.Second, "waiting is bounded")
			require.EqualValues(t, 60, held.Load(), "50 at once and 5 a second; the others are not held by a limit of ours")
			<-time.After(time.Minute)
			began = time.Now()
		}
		require.Len(t, b.asked, 180)
	})
}

func TestLoginsDown_usesTheLastStatusUnderALimitForAWhile(t *testing.T) {
	t.Parallel()
	tooMany := says(http.StatusTooManyRequests, `{"error_type":"RATE_LIMIT_EXCEEDED","error_code":"INSTITUTIONS_GET_BY_ID_LIMIT"}`)
	synctest.Test(t, func(t *testing.T) {
		c, b := bankClient(t, logins("DOWN"))
		require.True(t, down(t, c, "ins_1"))
		b.responds(tooMany)
		<-time.After(2 * time.Minute)
		require.True(t, down(t, c, "ins_1"))
		require.Equal(t, 2, b.count("ins_1"))
		require.False(t, down(t, c, "ins_2"), "nothing was ever heard of it")
		<-time.After(13 * time.Minute)
		require.False(t, down(t, c, "ins_1"), "no mail is held for ever")
	})
}

// sharedLogins is a store in memory that processes share.
type sharedLogins struct {
	mu   sync.Mutex
	turn map[string]time.Time
	said map[string]item.LoginStatus
	lost error // what it returns instead
}

func (s *sharedLogins) AcquireLoginCheck(_ context.Context, id string, every time.Duration) (bool, item.LoginStatus, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := time.Since(s.turn[id]) >= every
	if mine {
		s.turn[id] = time.Now()
	}
	return mine, s.said[id], s.lost
}

func (s *sharedLogins) SaveLoginStatus(_ context.Context, id string, said item.LoginStatus) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.said[id] = said
	return s.lost
}

func TestLoginsDown_processesThatShareWhatTheyKnowAskForEachOther(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &banks{say: logins("DOWN"), asked: map[string]int{}}
		book := &sharedLogins{turn: map[string]time.Time{}, said: map[string]item.LoginStatus{}}
		opts := options("https://plaid.invalid")
		opts.HTTPClient, opts.Logins = &http.Client{Transport: b}, book
		var all []*plaid.Client
		for range 5 {
			all = append(all, clientOf(t, opts))
		}
		for range 3 {
			for _, c := range all {
				require.True(t, down(t, c, "ins_1"))
			}
		}
		require.Equal(t, 1, b.count("ins_1"))
		<-time.After(time.Minute)
		b.responds(logins("HEALTHY"))
		for _, c := range all {
			require.False(t, down(t, c, "ins_1"))
		}
		require.Equal(t, 2, b.count("ins_1"))

		book.turn["ins_2"] = time.Now() // somebody took the turn, and died
		require.False(t, down(t, all[0], "ins_2"))
		require.Equal(t, 1, b.count("ins_2"), "a call without a response is repeated")

		book.lost = errors.New("postgres is away")
		_, err := all[0].LoginsDown(t.Context(), "ins_3")
		require.EqualError(t, err, "get institution ins_3: postgres is away")
	})
}

func TestLoginsDown_aQuestionThatFailsIsAnErrorAndIsAskedAgain(t *testing.T) {
	t.Parallel()
	for text, say := range map[string]func(string) (int, string){
		"get institution ins_1: plaid: INTERNAL_SERVER_ERROR (status 500)": says(http.StatusInternalServerError,
			`{"error_type":"API_ERROR","error_code":"INTERNAL_SERVER_ERROR"}`),
		"get institution ins_1: plaid: unreadable response (status 200)": says(http.StatusOK, `{}`),
	} {
		c, b := bankClient(t, say)
		_, err := c.LoginsDown(t.Context(), "ins_1")
		require.EqualError(t, err, text)
		b.responds(logins("DOWN"))
		require.True(t, down(t, c, "ins_1"))
	}
}
