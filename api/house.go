package api

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

const (
	// houseEvery is how often what is over is forgotten, and what is to be erased is looked at.
	houseEvery = time.Minute
	// removalAgain is how long a removal that an erasure waits for may take before it is asked for anew.
	removalAgain = time.Hour
	// exchangesKept is how long a retry can tell that its public token was spent.
	exchangesKept = 24 * time.Hour
	// erasedAtOnce bounds one look at what is to be erased.
	erasedAtOnce = 100
)

// keepHouse forgets and erases until ctx ends. Any number of processes may do it at once.
func (s *Server) keepHouse(ctx context.Context) error {
	tick := time.NewTicker(houseEvery)
	defer tick.Stop()
	for {
		if err := s.tidy(ctx); err != nil && ctx.Err() == nil {
			s.Watch.Log.Warn("house not kept", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// tidy is one round.
func (s *Server) tidy(ctx context.Context) error {
	err := s.Store.SweepExchanges(ctx, exchangesKept)
	if s.Answers != nil {
		err = errors.Join(err, s.Answers.Sweep(ctx))
	}
	merchants, read := s.Store.Erasing(ctx, erasedAtOnce)
	err = errors.Join(err, read)
	for _, id := range merchants {
		erased, failed := s.Store.Erase(ctx, id, removalAgain, time.Now())
		err = errors.Join(err, failed)
		if erased {
			s.Watch.Log.Info("merchant erased", zap.String("merchant_id", id))
		}
	}
	return err
}
