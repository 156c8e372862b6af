package v1

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"go.uber.org/zap"

	"relink/api/web"
	"relink/internal/inbox"
	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

type deadLetterStore interface {
	DeadLetter(ctx context.Context, inboxID int64) (inbox.DeadLetter, error)
	DeadLetters(ctx context.Context, f inbox.DeadFilter) (dead []inbox.DeadLetter, total int, err error)
	Discard(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error)
	Replay(ctx context.Context, o inbox.DeadOrder, reread func(deliveryKey, sealed []byte) (inbox.Entry, error)) (inbox.DeadTally, error)
}

// deadLetterRoutes handle dead letters.
type deadLetterRoutes struct {
	store  deadLetterStore
	nudge  func()
	bodies *bodies
	reread func(deliveryKey, sealed []byte) (inbox.Entry, error)
}

// listedAtOnce is how many dead letters a list holds if the caller sets no limit.
const listedAtOnce = 100

// list writes the dead letters that the query selects.
func (d deadLetterRoutes) list(w http.ResponseWriter, r *http.Request) error {
	q := queryOf(r, "code", "item_id", "reason", "before", "after", "limit")
	filter := inbox.DeadFilter{
		Code: q.text("code"), ItemID: item.ID(q.text("item_id")), Reason: q.text("reason"), Before: q.time("before"), After: q.time("after"),
		Limit: q.number("limit", listedAtOnce, 0),
	}
	if err := q.Err(); err != nil {
		return err
	}
	deadLetters, total, err := d.store.DeadLetters(r.Context(), filter)
	if err != nil {
		return err
	}
	if deadLetters == nil {
		deadLetters = []inbox.DeadLetter{}
	}
	return web.WriteJSON(w, http.StatusOK, map[string]any{"total": total, "dead_letters": deadLetters})
}

// show writes one dead letter.
func (d deadLetterRoutes) show(w http.ResponseWriter, r *http.Request) error {
	id, err := inboxID(r)
	if err != nil {
		return err
	}
	deadLetter, err := d.store.DeadLetter(r.Context(), id)
	if err != nil {
		return describeDeadLetter(err)
	}
	return web.WriteJSON(w, http.StatusOK, deadLetter)
}

func inboxID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, web.InvalidParameter("id", "is not the number of a dead letter")
	}
	return id, nil
}

// deadOrder carries out a person's command about dead letters.
type deadOrder func(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error)

func (d deadLetterRoutes) replay(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error) {
	tally, err := d.store.Replay(ctx, o, d.reread)
	d.nudge()
	return tally, err
}

func (d deadLetterRoutes) discard(ctx context.Context, o inbox.DeadOrder) (inbox.DeadTally, error) {
	if o.Why == "" {
		return inbox.DeadTally{}, web.Invalid("/why", "is missing: it stays in the Item's audit")
	}
	return d.store.Discard(ctx, o)
}

// one returns a handler that carries out an order for the dead letter that the path names.
func (d deadLetterRoutes) one(order deadOrder) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := inboxID(r)
		if err != nil {
			return err
		}
		var in struct {
			Why string `json:"why"`
		}
		wrong, err := d.bodies.read(r, &in)
		if err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		return d.carryOut(w, r, order, inbox.DeadOrder{Filter: inbox.DeadFilter{IDs: []int64{id}}, Expect: -1, Why: in.Why})
	}
}

// many returns a handler that carries out an order for all dead letters that a filter selects. If the body has no
// expect_count, the handler does nothing, and the response has the number of matches.
func (d deadLetterRoutes) many(order deadOrder) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			Filter      inbox.DeadFilter `json:"filter"`
			ExpectCount *int             `json:"expect_count"`
			Why         string           `json:"why"`
		}
		wrong, err := d.bodies.read(r, &in)
		if err != nil {
			return err
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		if in.ExpectCount == nil {
			in.Filter.Limit = 1
			_, total, err := d.store.DeadLetters(r.Context(), in.Filter)
			if err != nil {
				return err
			}
			return web.WriteJSON(w, http.StatusOK, inbox.DeadTally{Matches: total})
		}
		return d.carryOut(w, r, order, inbox.DeadOrder{Filter: in.Filter, Expect: *in.ExpectCount, Why: in.Why})
	}
}

func (d deadLetterRoutes) carryOut(w http.ResponseWriter, r *http.Request, order deadOrder, o inbox.DeadOrder) error {
	caller, err := web.FromContext[signin.Caller](r)
	if err != nil {
		return err
	}
	o.By = caller.Subject
	tally, err := order(r.Context(), o)
	telemetry.EventIn(r.Context()).Set(zap.Int("dead_letters", tally.Matches), zap.Int("done", tally.Done))
	if err != nil {
		return describeDeadLetter(err)
	}
	return web.WriteJSON(w, http.StatusOK, tally)
}

// describeDeadLetter returns the Error for an order that cannot be carried out, and any other error as it is.
func describeDeadLetter(err error) error {
	var count *inbox.DeadCountError
	switch {
	case errors.As(err, &count):
		return web.Refuse(web.CountDiffers, count.Error(), nil)
	case errors.Is(err, inbox.ErrNoDeadLetter):
		return web.Refuse(web.NotFound, "no such dead letter", err)
	}
	return err
}
