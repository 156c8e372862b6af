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

// Plaid allows 400 questions about institutions per minute and client id, for all Items together
// (https://plaid.com/docs/errors/rate-limit-exceeded). We ask at most 350 in any one minute.
const (
	questionsPerMinute = 300
	questionsAtOnce    = 50
	// questionWaits bounds how long a question waits for its turn.
	questionWaits = 2 * time.Second
)

const (
	// statusGoodFor is how long an answer about logins is not asked for again. Plaid looks at minutes to hours of logins.
	statusGoodFor = time.Minute
	// statusServesFor is how long an answer serves while a limit forbids another question. It is bounded, so that an old
	// answer holds no mail for ever.
	statusServesFor = 15 * time.Minute
	loginsDown      = "DOWN"
)

// errNoTurn reports that our own limit allows no question in time.
var errNoTurn = errors.New("too many questions about institutions at once")

// institution is what Plaid last said about an institution; it is empty for one that Plaid does not know.
type institution struct {
	name    string
	down    bool
	askedAt time.Time
}

func (i institution) within(age time.Duration) bool {
	return !i.askedAt.IsZero() && time.Since(i.askedAt) < age
}

// institutions remembers what Plaid said. It holds as many institutions as have Items here.
type institutions struct {
	turns  *rate.Limiter
	flight singleflight.Group

	mu    sync.Mutex
	known map[string]institution
	names map[string]string // they do not grow old; and who asks for one does not make logins' status known
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

// LoginsDown reports whether nobody can log in at an institution now. Link itself turns people away by the same status
// (https://plaid.com/docs/link/institution-status). Plaid is asked at most once a minute about an institution, by all
// processes together where they share Options.Logins. An institution that Plaid does not know, or gives no status for,
// is not down. When a rate limit forbids the question, an answer of the last 15 minutes serves; without one it is not
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

// institution returns what is known and recent enough, or asks Plaid. Callers that ask for the same institution at once
// share one question, which goes on when one of them leaves.
func (c *Client) institution(ctx context.Context, id string) (institution, error) {
	answer := c.institutions.flight.DoChan(id, func() (any, error) {
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
	case a := <-answer:
		said, _ := a.Val.(institution)
		return said, a.Err
	}
}

// askForAll asks Plaid, unless another process has asked while its answer is still good: Plaid's limit holds for all
// processes together. When the other process has no answer yet, Plaid is asked, so that nobody waits for it.
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
	answer, response, err := call(ctx, c, func(ctx context.Context) (sdk.InstitutionsGetByIdResponse, *http.Response, error) {
		return c.api.InstitutionsGetById(ctx).InstitutionsGetByIdRequest(*request).Execute()
	})
	said := institution{askedAt: time.Now()}
	var e *Error
	switch {
	case errors.As(err, &e) && e.Code == codeUnknownInstitution:
		return said, nil
	case err != nil:
		return institution{}, err
	case answer.Institution.InstitutionId == "":
		return institution{}, errUnreadable(response)
	}
	said.name = answer.Institution.Name
	if status := answer.Institution.Status.Get(); status != nil {
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
