package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"relink/internal/blackbox"
)

// blastSize of the drill.
type blastSize struct {
	items int
	// judged is how many mails after the release are looked at.
	judged int
	// secondLook is long enough for relink to have seen ofAll Items broken before the first mail is due.
	secondLook           time.Duration
	ofInstitution, ofAll int
}

var (
	blastFull  = blastSize{items: 5000, judged: 1000, secondLook: time.Minute, ofInstitution: 50, ofAll: 200}
	blastShort = blastSize{items: 300, judged: 100, secondLook: 10 * time.Second, ofInstitution: 20, ofAll: 50}
)

func blastOf(short bool) blastSize {
	if short {
		return blastShort
	}
	return blastFull
}

func blastPolicy(short bool) string {
	s := blastOf(short)
	return fmt.Sprintf("second_look: %s\nquiet: none\nmass_break: {within: 10m, of_institution: %d, of_all: %d}\nperpetual: {relinks: 0}\n",
		s.secondLook, s.ofInstitution, s.ofAll)
}

// blast is the drill under way.
type blast struct {
	*run
	size blastSize
}

func rehearseBlast(ctx context.Context, r *run) error {
	b := &blast{run: r, size: blastOf(r.Short)}
	r.owners = blackbox.Merchants(b.size.items)
	// Nobody waits for the first question about each Item: it finds the Item broken, and is the only one.
	if err := inOrder(ctx, r.enrol, r.sabotage); err != nil {
		return err
	}
	held, err := b.breakAndHold(ctx)
	if err != nil || !held {
		return err
	}
	pause, err := b.alerted(ctx)
	if err != nil || pause == (mailPause{}) {
		return err
	}
	return b.release(ctx, pause)
}

// breakAndHold breaks all Items and waits until relink has seen every one of them broken, and for as long as it would
// take until mails go out. held: none did.
func (b *blast) breakAndHold(ctx context.Context) (held bool, err error) {
	began := time.Now()
	if err := b.breakAll(ctx); err != nil {
		return false, err
	}
	mails := 0
	look := func(ctx context.Context) (bool, error) {
		mails, err = b.mailed(ctx)
		return mails > 0, err
	}
	if err := b.pollFor(ctx, "the second look", b.size.secondLook+5*time.Second, look); err != nil {
		return false, err
	}
	if mails == 0 {
		if err := b.awaitBroken(ctx, len(b.items)); err != nil {
			return false, err
		}
		if _, err := look(ctx); err != nil {
			return false, err
		}
	}
	b.figure(float64(len(b.items)), "items broken")
	b.seconds(began, "s until relink had seen all")
	b.figure(float64(mails), "mails before the release")
	b.bar("mails before the release", mails == 0, "0", fmt.Sprintf("%d or more", mails))
	return mails == 0, nil
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

// alerted reads what an operator is shown: one alert, and one pause to end. Without a pause there is nothing to
// release.
func (b *blast) alerted(ctx context.Context) (mailPause, error) {
	alerts, err := b.alerts(ctx)
	if err != nil {
		return mailPause{}, err
	}
	pauses, err := command[mailPause](ctx, b.run, "mails", "pauses")
	if err != nil {
		return mailPause{}, err
	}
	b.figure(float64(len(alerts)), "alert")
	b.bar("open alerts about a mass break", len(alerts) == 1, "1", fmt.Sprint(len(alerts), alerts))
	b.bar("pauses of mails", len(pauses) == 1, "1", fmt.Sprint(len(pauses), pauses))
	if len(pauses) == 0 {
		return mailPause{}, nil
	}
	for _, a := range alerts {
		b.Log("the alert: " + a)
	}
	return pauses[0], nil
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
func (b *blast) release(ctx context.Context, pause mailPause) error {
	whose := []string{"--all"}
	if pause.Scope != "all" {
		whose = []string{"--" + pause.Scope, pause.Key}
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
	b.bar("alerts left after the release", len(alerts) == 0, "0", fmt.Sprint(len(alerts), alerts))
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
