package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"relink/internal/outside"
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
	*play
	blastSize
	items []outside.Item
	db    *pgx.Conn
}

func playBlast(ctx context.Context, p *play) (err error) {
	b := &blast{play: p, blastSize: blastOf(p.Short)}
	if b.db, err = p.connect(ctx); err != nil {
		return err
	}
	defer p.disconnect(b.db)
	// Nobody waits for the first question about each: it finds the Item broken, and is the only one.
	if b.items, err = p.link(ctx, outside.Crowd(b.blastSize.items)); err != nil {
		return err
	}
	if p.Sabotage {
		err = sabotage(ctx, b.db, `CREATE FUNCTION sabotage() RETURNS trigger LANGUAGE plpgsql AS $$
			BEGIN
				NEW.ended_at := now();
				RETURN NEW;
			END $$`,
			`CREATE TRIGGER sabotage BEFORE INSERT ON pauses FOR EACH ROW EXECUTE FUNCTION sabotage()`)
		if err != nil {
			return err
		}
	}
	held, err := b.breakAndHold(ctx)
	if err != nil || !held {
		return err
	}
	stop, err := b.alerted(ctx)
	if err != nil || stop == (mailStop{}) {
		return err
	}
	return b.release(ctx, stop)
}

// breakAndHold breaks all Items and waits until relink has seen every one of them broken, and for as long as it would
// take until mails go out. held: none did.
func (b *blast) breakAndHold(ctx context.Context) (held bool, err error) {
	began := time.Now()
	if err := b.breakAll(ctx, len(b.items)); err != nil {
		return false, err
	}
	mails := 0
	look := func(ctx context.Context) (bool, error) {
		mails, err = b.mailed(ctx)
		return mails > 0, err
	}
	if err := b.watch(ctx, "the second look", b.secondLook+5*time.Second, look); err != nil {
		return false, err
	}
	if mails == 0 {
		if err := b.settleBroken(ctx, b.db, len(b.items)); err != nil {
			return false, err
		}
		if _, err := look(ctx); err != nil {
			return false, err
		}
	}
	b.figure(float64(len(b.items)), "items broken")
	b.figure(round(time.Since(began).Seconds()), "s until relink had seen all")
	b.figure(float64(mails), "mails before the release")
	b.bar("mails before the release", mails == 0, "0", fmt.Sprintf("%d or more", mails))
	return mails == 0, nil
}

// mailStop is a pause of mails as relink mails pauses lists it.
type mailStop struct {
	Scope string `json:"scope"`
	Key   string `json:"key"`
}

// task is what needs a person, as relink items list --needs-person lists it.
type task struct {
	Kind string `json:"kind"`
	Why  string `json:"why"`
}

const massBreak = "mass_break"

// alerted reads what an operator is told: one alert, and one pause to end. Without a pause there is nothing to release.
func (b *blast) alerted(ctx context.Context) (mailStop, error) {
	alerts, err := b.alerts(ctx)
	if err != nil {
		return mailStop{}, err
	}
	stops, err := command[mailStop](ctx, b.play, "mails", "pauses")
	if err != nil {
		return mailStop{}, err
	}
	b.figure(float64(len(alerts)), "alert")
	b.bar("open alerts about a mass break", len(alerts) == 1, "1", fmt.Sprint(len(alerts), alerts))
	b.bar("pauses of mails", len(stops) == 1, "1", fmt.Sprint(len(stops), stops))
	if len(stops) == 0 {
		return mailStop{}, nil
	}
	for _, a := range alerts {
		b.Say("the alert: " + a)
	}
	return stops[0], nil
}

func (b *blast) alerts(ctx context.Context) ([]string, error) {
	tasks, err := command[task](ctx, b.play, "items", "list", "--needs-person")
	var alerts []string
	for _, t := range tasks {
		if t.Kind == massBreak {
			alerts = append(alerts, t.Why)
		}
	}
	return alerts, err
}

// release ends the pause by one command, and judges the mails that go out then.
func (b *blast) release(ctx context.Context, stop mailStop) error {
	whose := []string{"--all"}
	if stop.Scope != "all" {
		whose = []string{"--" + stop.Scope, stop.Key}
	}
	began := time.Now()
	if err := b.order(ctx, len(b.items), append([]string{"mails", "resume", "--yes"}, whose...)...); err != nil {
		return err
	}
	var all []arrival
	err := b.settle(ctx, fmt.Sprintf("of the first %d mails", b.judged), time.Minute, func(ctx context.Context) (left int, err error) {
		all, err = b.arrivals(ctx)
		return max(0, b.judged-len(all)), err
	})
	if err != nil {
		return err
	}
	alerts, err := b.alerts(ctx)
	if err != nil {
		return err
	}
	b.judge(all, began)
	b.bar("alerts left after the release", len(alerts) == 0, "0", fmt.Sprint(len(alerts), alerts))
	return nil
}

func (b *blast) arrivals(ctx context.Context) (all []arrival, err error) {
	mails, err := b.stack.World.AllMails(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the mailbox: %w", err)
	}
	for _, m := range mails {
		for _, to := range m.To {
			all = append(all, arrival{address: to.Address, messageID: m.MessageID, at: m.Created})
		}
	}
	return all, nil
}

func (b *blast) judge(all []arrival, released time.Time) {
	moments := make([]time.Time, len(all))
	var last time.Time
	for i, a := range all {
		moments[i] = a.at
		if a.at.After(last) {
			last = a.at
		}
	}
	pace, most := round(mean(moments)), busiest(moments, paceWindow)
	b.figure(float64(len(all)), "mails after it")
	if len(all) > 0 {
		b.figure(round(last.Sub(released).Seconds()), "s for them")
	}
	b.figure(pace, "mails a second")
	b.figure(float64(most), fmt.Sprintf("in the busiest %.0f s", paceWindow.Seconds()))
	b.bar(fmt.Sprintf("mails after the release, of the first %d", b.judged), len(all) >= b.judged, fmt.Sprint(b.judged), fmt.Sprint(len(all)))
	b.bar("mails a second", pace <= paceMean, fmt.Sprintf("at most %d", paceMean), fmt.Sprint(pace))
	b.bar(fmt.Sprintf("mails within %.0f s", paceWindow.Seconds()), most <= paceBurst, fmt.Sprintf("at most %d", paceBurst), fmt.Sprint(most))
	b.none("merchants with more than one mail", moreThanOne(all))
}
