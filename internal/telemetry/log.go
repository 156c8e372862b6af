package telemetry

import (
	"log/slog"

	"go.temporal.io/sdk/log"
	"go.uber.org/zap"
	"go.uber.org/zap/exp/zapslog"
	"go.uber.org/zap/zapcore"
)

// Logger returns a logger that writes one JSON object per line to standard error, with the name of the process.
func Logger(level zapcore.Level, process string) (*zap.Logger, error) {
	c := zap.NewProductionConfig()
	c.Level = zap.NewAtomicLevelAt(level)
	c.EncoderConfig.TimeKey = "time"
	c.EncoderConfig.EncodeTime = zapcore.ISO8601TimeEncoder
	c.Sampling = nil // sampling would drop lines that operators need
	l, err := c.Build()
	if err != nil {
		return nil, err
	}
	return l.Named(process), nil
}

// ForTemporal returns a logger with which the Temporal SDK writes into the same log.
func ForTemporal(l *zap.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(zapslog.NewHandler(l.Core(), zapslog.WithName("temporal"))))
}
