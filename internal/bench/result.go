package bench

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// Result is what a bench measured.
type Result struct {
	Bench   string  `json:"bench"`
	Holds   bool    `json:"holds"` // every bar
	Seconds float64 `json:"seconds"`
	Rows    []Row   `json:"figures"`
}

// Row is one figure beside its baseline.
type Row struct {
	Figure   string    `json:"figure"`
	Relink   float64   `json:"relink,omitzero"`
	Baseline float64   `json:"baseline,omitzero"`
	Ratio    float64   `json:"ratio,omitzero"`
	Bar      string    `json:"bar,omitempty"` // empty: for comparison only
	Holds    bool      `json:"holds"`
	Rounds   []float64 `json:"rounds,omitempty"` // relink's and the baseline's in turn, where the row is a median of several
}

// atLeast is a row whose ratio must reach bar.
func (r *run) atLeast(row Row, bar float64) {
	r.add(row, "ratio at least "+number(bar), row.Relink/row.Baseline >= bar)
}

// atMost is a row whose ratio must not exceed bar.
func (r *run) atMost(row Row, bar float64) {
	r.add(row, "ratio at most "+number(bar), row.Relink/row.Baseline <= bar)
}

// beside is a row for comparison.
func (r *run) beside(row Row) { r.add(row, "", true) }

func (r *run) add(row Row, bar string, holds bool) {
	row.Bar, row.Holds = bar, holds
	if row.Baseline != 0 {
		row.Ratio = row.Relink / row.Baseline
	}
	r.result.Rows = append(r.result.Rows, row)
	r.result.Holds = r.result.Holds && holds
}

// String is a table, with the verdict as its last line.
func (r Result) String() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\trelink\tbaseline\tratio\tbar\t\n", r.Bench)
	for _, row := range r.Rows {
		verdict := ""
		if row.Bar != "" {
			verdict = passOrFail(row.Holds)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", row.Figure, cell(row.Relink), cell(row.Baseline), cell(row.Ratio), row.Bar, verdict)
	}
	_ = w.Flush() // into memory
	return b.String() + fmt.Sprintf("%s %s: %.0f s", passOrFail(r.Holds), r.Bench, r.Seconds)
}

func passOrFail(holds bool) string {
	if holds {
		return "PASS"
	}
	return "FAIL"
}

func cell(v float64) string {
	if v == 0 {
		return ""
	}
	return number(v)
}

// number shows three digits, and more only of what is a thousand or more.
func number(v float64) string {
	switch {
	case v >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// quantile is the smallest value that the share q of all do not exceed (nearest rank), 0 of nothing.
func quantile(all []time.Duration, q float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// median is the middle value, or the mean of the two in the middle, 0 of nothing.
func median(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	half := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[half]
	}
	return (sorted[half-1] + sorted[half]) / 2
}

// inTurn lists two series as they were measured: a, b, a, b.
func inTurn(a, b []float64) []float64 {
	var all []float64
	for i := range min(len(a), len(b)) {
		all = append(all, a[i], b[i])
	}
	return all
}
