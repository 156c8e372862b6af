package api

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"relink/api/v1"
)

// maintenanceStore holds the rows that expire and the merchants that are to be erased. Its contracts are those of
// postgres.Store.
type maintenanceStore interface {
	Erase(ctx context.Context, merchantID string, again time.Duration, at time.Time) (erased bool, err error)
	Erasing(ctx context.Context, limit int) ([]string, error)
	SweepExchanges(ctx context.Context, kept time.Duration) error
}

const (
	// sweepEvery is the time between two sweeps.
	sweepEvery = time.Minute
	// exchangesKept is how long a spent public token is remembered for a retry.
	exchangesKept = 24 * time.Hour
	// erasedAtOnce bounds the merchants of one sweep.
	erasedAtOnce = 100
)

// runMaintenance sweeps until ctx ends. Any number of processes may run it at once.
func (s *Server) runMaintenance(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.Telemetry.Log.Warn("maintenance failed", zap.Error(err))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// sweep deletes expired rows and erases the merchants that are due.
func (s *Server) sweep(ctx context.Context) error {
	err := s.Store.SweepExchanges(ctx, exchangesKept)
	if s.Responses != nil {
		err = errors.Join(err, s.Responses.Sweep(ctx))
	}
	merchants, read := s.Store.Erasing(ctx, erasedAtOnce)
	err = errors.Join(err, read)
	for _, id := range merchants {
		erased, failed := s.Store.Erase(ctx, id, v1.RemovalRetry, time.Now())
		err = errors.Join(err, failed)
		if erased {
			s.Telemetry.Log.Info("merchant erased", zap.String("merchant_id", id))
		}
	}
	return err
}
