package drill

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"relink/internal/blackbox"
)

type blastSize struct {
	items int
	// judged is how many mails after the release are looked at.
	judged int
	// secondLook is long enough for relink to have seen ofAll Items broken before the first mail is due.
	secondLook           time.Duration
	ofInstitution, ofAll int
}

// blastSizes are by Options.Short.
var blastSizes = map[bool]blastSize{
	false: {items: 5000, judged: 1000, secondLook: time.Minute, ofInstitution: 50, ofAll: 200},
	true:  {items: 300, judged: 100, secondLook: 10 * time.Second, ofInstitution: 20, ofAll: 50},
}

func blastPolicy(short bool) string {
	s := blastSizes[short]
	return fmt.Sprintf("second_look: %s\nquiet: none\nmass_break: {within: 10m, of_institution: %d, of_all: %d}\nperpetual: {relinks: 0}\n",
		s.secondLook, s.ofInstitution, s.ofAll)
}

type blast struct {
	*run
	size  blastSize
	pause mailPause
}

func rehearseBlast(ctx context.Context, r *run) error {
	b := &blast{run: r, size: blastSizes[r.Short]}
	r.owners = blackbox.Merchants(b.size.items)
	// Nobody waits for the first question about each Item: it finds the Item broken, and is the only one.
	return inOrder(ctx, r.enrol, r.sabotage, b.breakAndHold, b.readAlert, b.release)
}

// breakAndHold breaks all Items and waits until relink has seen every one of them broken, and for as long as it would
// take until mails go out.
func (b *blast) breakAndHold(ctx context.Context) error {
	began := time.Now()
	if err := b.breakAll(ctx); err != nil {
		return err
	}
	mails := 0
	look := func(ctx context.Context) (_ bool, err error) {
		mails, err = b.mailed(ctx)
		return mails > 0, err
	}
	if err := b.pollFor(ctx, "the second look", b.size.secondLook+5*time.Second, look); err != nil {
		return err
	}
	if mails == 0 {
		if err := b.awaitBroken(ctx, len(b.items)); err != nil {
			return err
		}
		if _, err := look(ctx); err != nil {
			return err
		}
	}
	b.figure(float64(len(b.items)), "items broken")
	b.seconds(began, "s until relink had seen all")
	return b.noMails("mails before the release", mails)
}

// mailPause is a pause of mails as relink mails pauses lists it.
type mailPause struct {
	Scope string `json:"scope"`
	Key   string `json:"key"`
}

// task is what needs a person, as relink items list --needs-person lists it.
type task struct {
	Kind string `json:"kind"`
	Why  string `json:"why"`
}

// readAlert reads what an operator is shown: one alert, and one pause to end.
func (b *blast) readAlert(ctx context.Context) error {
	alerts, err := b.alerts(ctx)
	if err != nil {
		return err
	}
	pauses, err := command[mailPause](ctx, b.run, "mails", "pauses")
	if err != nil {
		return err
	}
	b.figure(float64(len(alerts)), "alert")
	b.bar("open alerts about a mass break", len(alerts) == 1, "1", fmt.Sprint(len(alerts), alerts))
	b.bar("pauses of mails", len(pauses) == 1, "1", fmt.Sprint(len(pauses), pauses))
	if len(pauses) == 0 {
		return errSeenEnough // there is nothing to release
	}
	for _, a := range alerts {
		b.Log("the alert: " + a)
	}
	b.pause = pauses[0]
	return nil
}

func (b *blast) alerts(ctx context.Context) ([]string, error) {
	tasks, err := command[task](ctx, b.run, "items", "list", "--needs-person")
	var alerts []string
	for _, t := range tasks {
		if t.Kind == "mass_break" {
			alerts = append(alerts, t.Why)
		}
	}
	return alerts, err
}

// release ends the pause by one command, and judges the mails that go out then.
func (b *blast) release(ctx context.Context) error {
	whose := []string{"--all"}
	if b.pause.Scope != "all" {
		whose = []string{"--" + b.pause.Scope, b.pause.Key}
	}
	began := time.Now()
	if err := b.commandAll(ctx, len(b.items), append([]string{"mails", "resume", "--yes"}, whose...)...); err != nil {
		return err
	}
	var byAddress map[string][]blackbox.Mail
	what := fmt.Sprintf("of the first %d mails", b.size.judged)
	err := b.poll(ctx, what, time.Minute, func(ctx context.Context) (left int, err error) {
		byAddress, err = b.mailboxes(ctx)
		left = b.size.judged
		for _, mails := range byAddress {
			left -= len(mails)
		}
		return max(0, left), err
	})
	if err != nil {
		return err
	}
	alerts, err := b.alerts(ctx)
	if err != nil {
		return err
	}
	b.judge(byAddress, began)
	b.none("alerts left after the release", alerts)
	return nil
}

func (b *blast) judge(byAddress map[string][]blackbox.Mail, released time.Time) {
	var came []time.Time
	for _, mails := range byAddress {
		for _, m := range mails {
			came = append(came, m.Created)
		}
	}
	pace, most, window := round(mean(came)), busiest(came, paceWindow), paceWindow.Seconds()
	b.figure(float64(len(came)), "mails after it")
	if len(came) > 0 {
		b.figure(round(slices.MaxFunc(came, time.Time.Compare).Sub(released).Seconds()), "s for them")
	}
	b.figure(pace, "mails a second")
	b.figure(float64(most), fmt.Sprintf("in the busiest %.0f s", window))
	judged := b.size.judged
	b.bar(fmt.Sprintf("mails after the release, of the first %d", judged), len(came) >= judged, fmt.Sprint(judged), fmt.Sprint(len(came)))
	b.bar("mails a second", pace <= paceMean, fmt.Sprintf("at most %d", paceMean), fmt.Sprint(pace))
	b.bar(fmt.Sprintf("mails within %.0f s", window), most <= paceBurst, fmt.Sprintf("at most %d", paceBurst), fmt.Sprint(most))
	b.none("merchants with more than one mail", moreThanOne(byAddress))
}

// The pace of mails is measured as a mean and over windows. A window may hold a burst: a busy machine makes mails late,
// and then they come together.
const (
	paceMean   = 12 // a second; relink's own is 10
	paceWindow = 5 * time.Second
	paceBurst  = 75 // within a window
)

// busiest returns the most moments that lie within a window of that length, wherever it begins.
func busiest(moments []time.Time, window time.Duration) int {
	sorted := slices.SortedFunc(slices.Values(moments), time.Time.Compare)
	most, first := 0, 0
	for last, at := range sorted {
		for at.Sub(sorted[first]) >= window {
			first++
		}
		most = max(most, last-first+1)
	}
	return most
}

// mean returns how many moments there were a second, from the first to the last.
func mean(moments []time.Time) float64 {
	if len(moments) < 2 {
		return 0
	}
	first, last := slices.MinFunc(moments, time.Time.Compare), slices.MaxFunc(moments, time.Time.Compare)
	return float64(len(moments)-1) / last.Sub(first).Seconds()
}

// moreThanOne returns the addresses that got mails under more than one Message-ID.
func moreThanOne(byAddress map[string][]blackbox.Mail) []string {
	var named []string
	for _, address := range slices.Sorted(maps.Keys(byAddress)) {
		mails := byAddress[address]
		if slices.ContainsFunc(mails, func(m blackbox.Mail) bool { return m.MessageID != mails[0].MessageID }) {
			named = append(named, address)
		}
	}
	return named
}
