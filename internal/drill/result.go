package drill

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Outcome is how a drill ended.
type Outcome string

const (
	Pass    Outcome = "PASS"
	Fail    Outcome = "FAIL"    // a bar was missed
	Stopped Outcome = "STOPPED" // it could not be played to its end
)

// Result is what a drill found.
type Result struct {
	Drill    string   `json:"drill"`
	Outcome  Outcome  `json:"result"`
	Remote   bool     `json:"remote"`
	Short    bool     `json:"short"`
	Sabotage bool     `json:"sabotage"`
	Seconds  float64  `json:"seconds"`
	Figures  []Figure `json:"figures"`
	Missed   []Missed `json:"missed,omitempty"`
	Error    string   `json:"error,omitempty"` // why it stopped
}

// Figure is a number that was measured: 2000 "webhooks sent".
type Figure struct {
	Value float64 `json:"value"`
	What  string  `json:"what"`
}

func (f Figure) String() string {
	return strconv.FormatFloat(f.Value, 'f', -1, 64) + " " + f.What
}

// Missed is a bar that does not hold.
type Missed struct {
	Bar    string `json:"bar"`
	Wanted string `json:"wanted"`
	Got    string `json:"got"`
}

func (m Missed) String() string {
	return fmt.Sprintf("%s: wanted %s, got %s", m.Bar, m.Wanted, m.Got)
}

// String is the one line that ends a drill.
func (r Result) String() string {
	var parts []string
	sep := ", "
	switch r.Outcome {
	case Pass:
		for _, f := range r.Figures {
			parts = append(parts, f.String())
		}
	case Fail:
		sep = "; "
		for _, m := range r.Missed {
			parts = append(parts, m.String())
		}
	case Stopped:
		parts = append(parts, strings.ReplaceAll(r.Error, "\n", "; "))
	}
	return fmt.Sprintf("%s %s: %s", r.Outcome, r.Drill, strings.Join(parts, sep))
}

func (r *run) figure(value float64, what string) {
	r.result.Figures = append(r.result.Figures, Figure{Value: value, What: what})
}

// seconds is a figure with one digit behind the point.
func (r *run) seconds(since time.Time, what string) {
	r.figure(round(time.Since(since).Seconds()), what)
}

func round(v float64) float64 { return math.Round(v*10) / 10 }

// bar notes a bar that was missed, and returns whether it holds.
func (r *run) bar(name string, holds bool, wanted, got string) bool {
	if !holds {
		r.result.Missed = append(r.result.Missed, Missed{Bar: name, Wanted: wanted, Got: got})
	}
	return holds
}

// noMails is a bar that nobody was mailed. If somebody was, the drill has seen enough.
func (r *run) noMails(bar string, mails int) error {
	r.figure(float64(mails), bar)
	if r.bar(bar, mails == 0, "0", fmt.Sprintf("%d or more", mails)) {
		return nil
	}
	return errSeenEnough
}

// none is a bar that nothing may be found. It shows the first few of what is found.
func (r *run) none(bar string, found []string) {
	shown := found[:min(len(found), 3)]
	r.bar(bar, len(found) == 0, "0", fmt.Sprintf("%d (%s)", len(found), strings.Join(shown, "; ")))
}
