package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"go.uber.org/zap"

	"relink/internal/item"
	"relink/internal/signin"
	"relink/internal/telemetry"
)

// listedAtOnce is how many dead letters a list holds unless its caller says less or more.
const listedAtOnce = 100

func (s *Server) listDeadLetters(w http.ResponseWriter, r *http.Request) error {
	filter, err := deadFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	letters, total, err := s.Store.DeadLetters(r.Context(), filter)
	if err != nil {
		return err
	}
	if letters == nil {
		letters = []item.DeadLetter{}
	}
	return writeJSON(w, http.StatusOK, map[string]any{"total": total, "dead_letters": letters})
}

// deadFilterOf reads a filter from a query, and names what it cannot read.
func deadFilterOf(query url.Values) (item.DeadFilter, error) {
	for name := range query {
		if !slices.Contains([]string{"code", "item_id", "reason", "before", "after", "limit"}, name) {
			return item.DeadFilter{}, badInput("there is no filter %q; there are code, item_id, reason, before, after and limit", name)
		}
	}
	f := item.DeadFilter{Code: query.Get("code"), ItemID: item.ID(query.Get("item_id")), Reason: query.Get("reason"), Limit: listedAtOnce}
	for name, at := range map[string]*time.Time{"before": &f.Before, "after": &f.After} {
		if query.Get(name) == "" {
			continue
		}
		var err error
		if *at, err = time.Parse(time.RFC3339, query.Get(name)); err != nil {
			return f, badInput("%s %q is not a time such as 2026-11-22T12:00:00Z", name, query.Get(name))
		}
	}
	if limit := query.Get("limit"); limit != "" {
		n, err := strconv.Atoi(limit)
		if err != nil || n < 1 {
			return f, badInput("limit %q is not a number above 0", limit)
		}
		f.Limit = n
	}
	return f, nil
}

func (s *Server) showDeadLetter(w http.ResponseWriter, r *http.Request) error {
	id, err := inboxID(r)
	if err != nil {
		return err
	}
	d, err := s.Store.DeadLetter(r.Context(), id)
	if err != nil {
		return deadFault(err)
	}
	return writeJSON(w, http.StatusOK, d)
}

func inboxID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return 0, badInput("%q is not the number of a dead letter", r.PathValue("id"))
	}
	return id, nil
}

// deadOrder does what a person wants done with dead letters.
type deadOrder func(ctx context.Context, o item.DeadOrder) (item.DeadTally, error)

func (s *Server) replay(ctx context.Context, o item.DeadOrder) (item.DeadTally, error) {
	tally, err := s.Store.Replay(ctx, o, s.intake.Reread(s.Unseal))
	s.Dispatcher.Nudge()
	return tally, err
}

func (s *Server) discard(ctx context.Context, o item.DeadOrder) (item.DeadTally, error) {
	if o.Why == "" {
		return item.DeadTally{}, badInput("why is missing: it stays in the Item's audit")
	}
	return s.Store.Discard(ctx, o)
}

// orderOne carries an order out for the dead letter that the path names.
func (s *Server) orderOne(carryOut deadOrder) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id, err := inboxID(r)
		if err != nil {
			return err
		}
		var in struct {
			Why string `json:"why"`
		}
		if r.ContentLength != 0 {
			if err := readJSON(r, &in); err != nil {
				return err
			}
		}
		return s.carryOut(w, r, carryOut, item.DeadOrder{Filter: item.DeadFilter{IDs: []int64{id}}, Expect: -1, Why: in.Why})
	}
}

// orderMany carries an order out for all that a filter chooses. A caller who does not say how many they expect is told
// how many there are, and nothing is done.
func (s *Server) orderMany(carryOut deadOrder) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var in struct {
			Filter      item.DeadFilter `json:"filter"`
			ExpectCount *int            `json:"expect_count"`
			Why         string          `json:"why"`
		}
		if err := readJSON(r, &in); err != nil {
			return err
		}
		if in.ExpectCount == nil {
			in.Filter.Limit = 1
			_, total, err := s.Store.DeadLetters(r.Context(), in.Filter)
			if err != nil {
				return err
			}
			return writeJSON(w, http.StatusOK, item.DeadTally{Matches: total})
		}
		if *in.ExpectCount < 0 {
			return badInput("expect_count is below 0")
		}
		return s.carryOut(w, r, carryOut, item.DeadOrder{Filter: in.Filter, Expect: *in.ExpectCount, Why: in.Why})
	}
}

func (s *Server) carryOut(w http.ResponseWriter, r *http.Request, carryOut deadOrder, o item.DeadOrder) error {
	caller, err := found[signin.Caller](r, callerKey)
	if err != nil {
		return err
	}
	o.By = caller.Subject
	tally, err := carryOut(r.Context(), o)
	telemetry.EventIn(r.Context()).Set(zap.Int("dead_letters", tally.Matches), zap.Int("done", tally.Done))
	if err != nil {
		return deadFault(err)
	}
	return writeJSON(w, http.StatusOK, tally)
}

// deadFault answers what went wrong with an order that was understood.
func deadFault(err error) error {
	var count *item.DeadCountError
	switch {
	case errors.As(err, &count):
		return refuse(http.StatusConflict, count.Error(), nil)
	case errors.Is(err, item.ErrNoDeadLetter):
		return refuse(http.StatusNotFound, "no such dead letter", err)
	}
	return err
}
