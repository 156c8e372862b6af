package telemetry

import (
	"cmp"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
)

// metrics are a process's metrics: the counters and histograms of the table, and the gauges that a scrape measures.
type metrics struct {
	registry   *prometheus.Registry
	counters   map[string]*prometheus.CounterVec
	histograms map[string]*prometheus.HistogramVec
	scrape     *scrape
	temporal   client.MetricsHandler
}

// newMetrics makes every metric of the table. It reads an empty version and revision from the binary.
func newMetrics(log *zap.Logger, version, revision string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(), scrape: &scrape{},
		counters: map[string]*prometheus.CounterVec{}, histograms: map[string]*prometheus.HistogramVec{},
	}
	m.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), m.scrape)
	m.temporal = newTemporalMetrics(m.registry, log)
	for _, row := range table() {
		switch row.kind {
		case counter:
			c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: row.name, Help: row.help}, row.labels)
			m.counters[row.name] = c
			m.registry.MustRegister(c)
		case histogram:
			h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: row.name, Help: row.help, Buckets: row.buckets}, row.labels)
			m.histograms[row.name] = h
			m.registry.MustRegister(h)
		case gauge:
			m.scrape.describe(row)
		}
	}
	version, revision, goVersion := build(version, revision)
	m.scrape.fix(buildInfo, 1, version, revision, goVersion)
	return m
}

func (m *metrics) count(name string, n int, labels ...string) {
	m.counters[name].WithLabelValues(labels...).Add(float64(n))
}

func (m *metrics) took(name string, d time.Duration, labels ...string) {
	m.histograms[name].WithLabelValues(labels...).Observe(d.Seconds())
}

// handler returns the handler of a scrape. It leaves out what cannot be measured now, because the rest is then needed
// most.
func (m *metrics) handler(log *zap.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, ErrorLog: scrapeErrors{log}, MaxRequestsInFlight: 4,
	})
}

type scrapeErrors struct{ log *zap.Logger }

func (s scrapeErrors) Println(v ...any) {
	s.log.Warn("metrics not scraped whole", zap.String("why", fmt.Sprint(v...)))
}

// build returns the version, the revision and the version of Go, as far as the binary holds them.
func build(version, revision string) (string, string, string) {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return cmp.Or(version, "unknown"), cmp.Or(revision, "unknown"), "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = cmp.Or(revision, s.Value)
		}
	}
	return cmp.Or(version, info.Main.Version, "unknown"), cmp.Or(revision, "unknown"), info.GoVersion
}
