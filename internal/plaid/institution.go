package plaid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	sdk "github.com/plaid/plaid-go/v29/plaid"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"

	"relink/internal/item"
)

// Plaid allows 400 calls about institutions per minute and client id, for all Items together
// (https://plaid.com/docs/errors/rate-limit-exceeded). We ask at most 350 in any one minute.
const (
	questionsPerMinute = 300
	questionsAtOnce    = 50
	// questionWaits bounds how long a call waits for its turn.
	questionWaits = 2 * time.Second
)

const (
	// statusGoodFor is how long a status of logins is used without another call. Plaid computes it from minutes to hours
	// of logins.
	statusGoodFor = time.Minute
	// statusServesFor is how long a status is used while a limit forbids another call. It is bounded, so that an old
	// status does not hold mails without end.
	statusServesFor = 15 * time.Minute
	loginsDown      = "DOWN"
)

// errNoTurn is returned when our own limit allows no call in time.
var errNoTurn = errors.New("too many questions about institutions at once")

// institution is what Plaid last reported about an institution. It is empty for one that Plaid does not know.
type institution struct {
	name    string
	down    bool
	askedAt time.Time
}

func (i institution) within(age time.Duration) bool {
	return !i.askedAt.IsZero() && time.Since(i.askedAt) < age
}

// institutions caches what Plaid reported. It holds as many institutions as have Items here.
type institutions struct {
	turns  *rate.Limiter
	flight singleflight.Group

	mu    sync.Mutex
	known map[string]institution
	names map[string]string // names do not expire; a call for a name does not count as one for the status of logins
}

func newInstitutions() *institutions {
	return &institutions{
		turns: rate.NewLimiter(rate.Every(time.Minute/questionsPerMinute), questionsAtOnce),
		known: map[string]institution{}, names: map[string]string{},
	}
}

func (s *institutions) last(id string) institution {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.known[id]
}

func (s *institutions) remember(id string, said institution) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[id] = said
}

func (s *institutions) name(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[id]
}

func (s *institutions) rememberName(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.names[id] = name
}

// LoginsDown reports whether logins at an institution do not work now. Link itself refuses people by the same status
// (https://plaid.com/docs/link/institution-status). Processes that share Options.Logins together ask Plaid at most once
// a minute about an institution. An institution that Plaid does not know, or has no status for, is not down. When a
// rate limit forbids the call, LoginsDown uses a status of the last 15 minutes. Without one the institution is not
// down.
func (c *Client) LoginsDown(ctx context.Context, institutionID string) (bool, error) {
	if institutionID == "" {
		return false, nil
	}
	now, err := c.institution(ctx, institutionID)
	if err == nil {
		return now.down, nil
	}
	var e *Error
	throttled := false
	if errors.As(err, &e) {
		_, throttled = e.Throttled()
	}
	if throttled || errors.Is(err, errNoTurn) {
		last := c.institutions.last(institutionID)
		return last.down && last.within(statusServesFor), nil
	}
	return false, fmt.Errorf("get institution %s: %w", institutionID, err)
}

// institutionName returns the name from the Item, where newer versions of the API have it (plaid-go v29 does not know
// the field), and otherwise asks Plaid for it.
func (c *Client) institutionName(ctx context.Context, it sdk.Item) string {
	if name, ok := it.AdditionalProperties["institution_name"].(string); ok && name != "" {
		return name
	}
	if it.GetInstitutionId() == "" {
		return ""
	}
	if name := c.institutions.name(it.GetInstitutionId()); name != "" {
		return name
	}
	said, err := c.getInstitution(ctx, it.GetInstitutionId())
	if err != nil {
		return ""
	}
	c.institutions.rememberName(it.GetInstitutionId(), said.name)
	return said.name
}

// institution returns a cached status that is recent enough, or asks Plaid. Simultaneous callers for the same
// institution share one call, which continues when one of them leaves.
func (c *Client) institution(ctx context.Context, id string) (institution, error) {
	result := c.institutions.flight.DoChan(id, func() (any, error) {
		if last := c.institutions.last(id); last.within(statusGoodFor) {
			return last, nil
		}
		ctx := context.WithoutCancel(ctx)
		said, err := c.askForAll(ctx, id)
		if err == nil {
			c.institutions.remember(id, said)
		}
		return said, err
	})
	select {
	case <-ctx.Done():
		return institution{}, ctx.Err()
	case a := <-result:
		said, _ := a.Val.(institution)
		return said, a.Err
	}
}

// askForAll asks Plaid, unless another process has a status that is still good, because Plaid's limit is for all
// processes together. While the other process still waits for its status, askForAll asks Plaid as well, so that nobody
// waits.
func (c *Client) askForAll(ctx context.Context, id string) (institution, error) {
	if c.opts.Logins == nil {
		return c.getInstitution(ctx, id)
	}
	mine, last, err := c.opts.Logins.AcquireLoginCheck(ctx, id, statusGoodFor)
	if err != nil {
		return institution{}, err
	}
	if heard := (institution{down: last.Down, askedAt: last.At}); !mine && heard.within(statusServesFor) {
		return heard, nil
	}
	said, err := c.getInstitution(ctx, id)
	if err != nil {
		return said, err
	}
	return said, c.opts.Logins.SaveLoginStatus(ctx, id, item.LoginStatus{Down: said.down, At: said.askedAt})
}

func (c *Client) getInstitution(ctx context.Context, id string) (institution, error) {
	turn, cancel := context.WithTimeout(ctx, questionWaits)
	defer cancel()
	if err := c.institutions.turns.Wait(turn); err != nil {
		return institution{}, errNoTurn
	}
	request := sdk.NewInstitutionsGetByIdRequest(id, countryCodes(c.opts.CountryCodes))
	request.SetOptions(sdk.InstitutionsGetByIdRequestOptions{IncludeStatus: sdk.PtrBool(true)})
	got, response, err := call(ctx, c, func(ctx context.Context) (sdk.InstitutionsGetByIdResponse, *http.Response, error) {
		return c.api.InstitutionsGetById(ctx).InstitutionsGetByIdRequest(*request).Execute()
	})
	said := institution{askedAt: time.Now()}
	var e *Error
	switch {
	case errors.As(err, &e) && e.Code == codeUnknownInstitution:
		return said, nil
	case err != nil:
		return institution{}, err
	case got.Institution.InstitutionId == "":
		return institution{}, errUnreadable(response)
	}
	said.name = got.Institution.Name
	if status := got.Institution.Status.Get(); status != nil {
		if logins := status.ItemLogins.Get(); logins != nil { // null where too few people log in
			said.down = logins.Status == loginsDown
		}
	}
	return said, nil
}

func countryCodes(codes []string) []sdk.CountryCode {
	typed := make([]sdk.CountryCode, 0, len(codes))
	for _, code := range codes {
		typed = append(typed, sdk.CountryCode(code))
	}
	return typed
}
