package telemetry

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/sdk/client"
)

// temporalMetrics holds what the Temporal SDK counts of itself. Names and tags are the SDK's own and not known before
// they come, so it describes nothing beforehand; the SDK's tags (operation, task queue, workflow and activity type,
// status) are few.
type temporalMetrics struct {
	mu     sync.Mutex
	series map[string]prometheus.Metric
}

func newTemporalMetrics() *temporalMetrics {
	return &temporalMetrics{series: map[string]prometheus.Metric{}}
}

// Describe implements prometheus.Collector.
func (t *temporalMetrics) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (t *temporalMetrics) Collect(out chan<- prometheus.Metric) {
	t.mu.Lock()
	all := slices.Collect(maps.Values(t.series))
	t.mu.Unlock()
	for _, m := range all {
		out <- m
	}
}

// seriesOf answers the one series of a name and tags, made by fresh the first time. A name that the SDK used for
// another kind of metric before is a series that nobody sees, rather than a crash.
func seriesOf[M prometheus.Metric](t *temporalMetrics, name string, tags map[string]string, fresh func() M) M {
	var key strings.Builder
	key.WriteString(name)
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		key.WriteString("\x00" + tag + "\x00" + tags[tag])
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if known, ok := t.series[key.String()]; ok {
		if same, ok := known.(M); ok {
			return same
		}
		return fresh()
	}
	m := fresh()
	t.series[key.String()] = m
	return m
}

// temporalHandler implements the SDK's client.MetricsHandler.
type temporalHandler struct {
	m    *temporalMetrics
	tags map[string]string
}

// WithTags implements client.MetricsHandler.
func (h temporalHandler) WithTags(tags map[string]string) client.MetricsHandler {
	all := maps.Clone(h.tags)
	if all == nil {
		all = map[string]string{}
	}
	maps.Copy(all, tags)
	return temporalHandler{m: h.m, tags: all}
}

const temporalHelp = "Measured by the Temporal SDK."

// Counter implements client.MetricsHandler.
func (h temporalHandler) Counter(name string) client.MetricsCounter {
	name = suffixed(name, "_total")
	return counted{seriesOf(h.m, name, h.tags, func() prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: temporalHelp, ConstLabels: h.tags})
	})}
}

// Gauge implements client.MetricsHandler.
func (h temporalHandler) Gauge(name string) client.MetricsGauge {
	return gauged{seriesOf(h.m, name, h.tags, func() prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: temporalHelp, ConstLabels: h.tags})
	})}
}

// Timer implements client.MetricsHandler.
func (h temporalHandler) Timer(name string) client.MetricsTimer {
	name = suffixed(name, "_seconds")
	return timed{seriesOf(h.m, name, h.tags, func() prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: temporalHelp, ConstLabels: h.tags, Buckets: slow})
	})}
}

func suffixed(name, suffix string) string { return strings.TrimSuffix(name, suffix) + suffix }

type (
	counted struct{ prometheus.Counter }
	gauged  struct{ prometheus.Gauge }
	timed   struct{ prometheus.Histogram }
)

func (c counted) Inc(n int64)             { c.Add(float64(n)) }
func (g gauged) Update(v float64)         { g.Set(v) }
func (t timed) Record(took time.Duration) { t.Observe(took.Seconds()) }
