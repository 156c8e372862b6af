package telemetry

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapeTimeout bounds each measurement of a scrape. Prometheus waits 10 s by default.
const scrapeTimeout = 2 * time.Second

// scrape is the collector of the table's gauges. It measures them when Prometheus asks.
type scrape struct {
	descriptions map[string]*prometheus.Desc
	fixed        []prometheus.Metric

	mu     sync.Mutex
	parts  map[string]func(ctx context.Context) error
	queues map[queue]func(ctx context.Context) (map[string]int, time.Duration, error)
}

// queue is a table with rows that wait. It has the names of its two gauges, and the destination of the rows, which is a
// label of the gauges unless it is empty.
type queue struct{ rows, oldest, destination string }

// labels returns the values of a gauge's labels: the destination, if any, then more.
func (q queue) labels(more ...string) []string {
	if q.destination == "" {
		return more
	}
	return append([]string{q.destination}, more...)
}

func (s *scrape) describe(row metric) {
	if s.descriptions == nil {
		s.descriptions = map[string]*prometheus.Desc{}
	}
	s.descriptions[row.name] = prometheus.NewDesc(row.name, row.help, row.labels, nil)
}

func (s *scrape) gauge(name string, value float64, labels ...string) prometheus.Metric {
	return prometheus.MustNewConstMetric(s.descriptions[name], prometheus.GaugeValue, value, labels...)
}

// fix gives a gauge a value that never changes.
func (s *scrape) fix(name string, value float64, labels ...string) {
	s.fixed = append(s.fixed, s.gauge(name, value, labels...))
}

// Part makes relink_up report whether a part responds. check must end with its context.
func (t *Telemetry) Part(name string, check func(ctx context.Context) error) {
	t.metrics.scrape.mu.Lock()
	defer t.metrics.scrape.mu.Unlock()
	if t.metrics.scrape.parts == nil {
		t.metrics.scrape.parts = map[string]func(context.Context) error{}
	}
	t.metrics.scrape.parts[name] = check
}

// Inbox makes a scrape measure the inbox: how many rows are in each state, and the age of the oldest pending one.
func (t *Telemetry) Inbox(measure func(ctx context.Context) (rows map[string]int, oldestPending time.Duration, err error)) {
	t.metrics.scrape.measured(queue{rows: inboxRows, oldest: inboxOldest}, measure)
}

func (s *scrape) measured(q queue, measure func(ctx context.Context) (map[string]int, time.Duration, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.queues == nil {
		s.queues = map[queue]func(context.Context) (map[string]int, time.Duration, error){}
	}
	s.queues[q] = measure
}

// Describe implements prometheus.Collector.
func (s *scrape) Describe(out chan<- *prometheus.Desc) {
	for _, d := range s.descriptions {
		out <- d
	}
}

// Collect implements prometheus.Collector. It measures everything at once, so a scrape takes as long as the slowest
// part. It leaves out a part that does not respond in time, and reports it as down.
func (s *scrape) Collect(out chan<- prometheus.Metric) {
	for _, m := range s.fixed {
		out <- m
	}
	s.mu.Lock()
	parts, queues := s.parts, s.queues
	s.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), scrapeTimeout)
	defer cancel()
	var all sync.WaitGroup
	defer all.Wait()
	for name, check := range parts {
		all.Go(func() {
			value := 1.0
			if check(ctx) != nil {
				value = 0
			}
			out <- s.gauge(up, value, name)
		})
	}
	for q, measure := range queues {
		all.Go(func() {
			rows, oldest, err := measure(ctx)
			if err != nil {
				return // relink_up reports it
			}
			for state, n := range rows {
				out <- s.gauge(q.rows, float64(n), q.labels(state)...)
			}
			out <- s.gauge(q.oldest, oldest.Seconds(), q.labels()...)
		})
	}
}
