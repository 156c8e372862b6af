package devstack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"relink/internal/outside"
)

// Step is one step of the story as it is told: what happened, when, under which id, and where to look.
type Step struct {
	Step    int       `json:"step"`
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"` // since the story began
	What    string    `json:"what"`
	// ID can be found again in another place than where it comes from.
	ID  string `json:"id"`
	URL string `json:"url,omitempty"`
}

// Story plays one relink from outside, as the platform, the bank and the merchant.
type Story struct {
	World      outside.World
	TemporalUI string
	Out        io.Writer
	JSON       bool
	// ByHand leaves Link to a person with a browser.
	ByHand bool

	began time.Time
	steps int
}

const merchantMail = "owner@bluebottle.example"

func (s *Story) tell(what, id, url string) error {
	s.steps++
	now := time.Now()
	step := Step{Step: s.steps, At: now.UTC(), Seconds: now.Sub(s.began).Seconds(), What: what, ID: id, URL: url}
	if s.JSON {
		return json.NewEncoder(s.Out).Encode(step)
	}
	_, err := fmt.Fprintf(s.Out, "%s  +%5.2fs  %d. %s\n%27s%s\n%27s%s\n", now.Format("15:04:05"), step.Seconds, step.Step, what, "", id, "", url)
	return err
}

func (s *Story) workflowURL(it outside.Item) string {
	// The current details stand on this tab; the page that a run opens at is its history.
	return fmt.Sprintf("%s/namespaces/default/workflows/%s/%s/user-metadata", s.TemporalUI, it.WorkflowID, it.RunID)
}

// Play tells the story to its end, or until a step does not come true.
func (s *Story) Play(ctx context.Context) error {
	s.began = time.Now()
	w := s.World
	it, err := s.link(ctx)
	if err != nil {
		return fmt.Errorf("link an Item: %w", err)
	}
	timelineURL := w.API + "/ops/items/" + it.ID // a person can open it: sign-in leads to the development issuer

	delivery, err := w.Break(ctx, it.ID, "ITEM_LOGIN_REQUIRED")
	if err != nil {
		return fmt.Errorf("break the Item: %w", err)
	}
	if err := s.tell("the bank rejects the credentials; Plaid sends ITEM: ERROR, signed", "delivery "+delivery, w.Sandbox+"/control/webhooks?item_id="+it.ID); err != nil {
		return err
	}
	if err := s.incident(ctx, it.ID, timelineURL); err != nil {
		return fmt.Errorf("open the incident: %w", err)
	}
	link, err := s.mail(ctx)
	if err != nil {
		return fmt.Errorf("mail the merchant: %w", err)
	}
	if s.ByHand {
		err = s.relinkByHand(ctx, it, link)
	} else {
		err = s.relink(ctx, it, link)
	}
	if err != nil {
		return fmt.Errorf("relink: %w", err)
	}
	if err := s.reconnected(ctx, it); err != nil {
		return fmt.Errorf("resume: %w", err)
	}
	return s.timeline(ctx, it.ID, timelineURL)
}

func (s *Story) link(ctx context.Context) (outside.Item, error) {
	w := s.World
	it, err := w.Link(ctx, outside.Merchant{
		ID: "blue-bottle", BusinessName: "Blue Bottle", ContactName: "Ada", Email: merchantMail, TimeZone: "America/New_York", Locale: "en-US", Partner: "iso-7",
	})
	if err != nil {
		return outside.Item{}, err
	}
	err = outside.Await(ctx, "the Item's workflow", func(ctx context.Context) (bool, error) {
		got, err := w.Item(ctx, it.ID)
		if err == nil && got.RunID != "" {
			it = got
		}
		return it.RunID != "", err
	})
	if err != nil {
		return outside.Item{}, err
	}
	return it, s.tell("a merchant links an Item at "+it.Institution+"; its workflow starts: "+it.State, "workflow "+it.WorkflowID+" run "+it.RunID, s.workflowURL(it))
}

func (s *Story) incident(ctx context.Context, id, timelineURL string) error {
	row, err := s.World.AwaitMoment(ctx, id, "webhook ITEM/ERROR", 1)
	if err != nil {
		return err
	}
	it, err := s.World.AwaitState(ctx, id, "login_required", 1)
	if err != nil {
		return err
	}
	return s.tell("the webhook is verified, stored, answered 200; the workflow asks Plaid and opens incident 1: "+it.State, row.Ref, timelineURL)
}

func (s *Story) mail(ctx context.Context) (link string, err error) {
	m, err := s.World.AwaitMail(ctx, merchantMail, 1)
	if err != nil {
		return "", err
	}
	if link, err = m.DeepLink(); err != nil {
		return "", err
	}
	return link, s.tell("a mail with a deep link arrives: "+m.Subject, "Message-ID "+m.MessageID, s.World.Mailbox+"/view/"+m.ID)
}

func (s *Story) relink(ctx context.Context, it outside.Item, link string) error {
	html, err := outside.Page(ctx, link)
	if err != nil {
		return err
	}
	if !strings.Contains(html, it.Institution) {
		return fmt.Errorf("the page does not name the bank %s", it.Institution)
	}
	linkToken, err := outside.Mint(ctx, link, it.ID)
	if err != nil {
		return err
	}
	opened, err := s.World.AwaitMoment(ctx, it.ID, "relink_opened", 1)
	if err != nil {
		return err
	}
	if err := s.tell("the merchant opens the page, which names the bank; its button mints an update-mode link token", opened.Ref, link); err != nil {
		return err
	}
	played, err := s.World.PlayLink(ctx, linkToken, "user_good", "pass_good")
	if err != nil {
		return err
	}
	if played.Callback != "onSuccess" {
		return fmt.Errorf("update-mode Link ended with %s", played.Callback)
	}
	if err := s.tell("update-mode Link succeeds", "link session "+played.Metadata.LinkSessionID, s.World.Sandbox+"/control/requests?item_id="+it.ID); err != nil {
		return err
	}
	_, err = outside.Complete(ctx, link, it.ID, played.Metadata.LinkSessionID)
	return err
}

// relinkByHand waits as long as it takes for a person.
func (s *Story) relinkByHand(ctx context.Context, it outside.Item, link string) error {
	if err := s.tell("your turn: open the deep link, press the button, sign in with user_good / pass_good", "incident 1", link); err != nil {
		return err
	}
	if _, err := s.World.AwaitMoment(ctx, it.ID, "relink_opened", 1); err != nil {
		return err
	}
	_, err := s.World.AwaitMoment(ctx, it.ID, "relink_completed", 1)
	return err
}

func (s *Story) reconnected(ctx context.Context, it outside.Item) error {
	closed, err := s.World.AwaitMoment(ctx, it.ID, "incident_closed", 1)
	if err != nil {
		return err
	}
	thanks, err := s.World.AwaitMail(ctx, merchantMail, 2)
	if err != nil {
		return err
	}
	// The incident is over: its workflow continues as new, and the second run shows the same Item.
	first := it.RunID
	err = outside.Await(ctx, "the second run", func(ctx context.Context) (bool, error) {
		it, err = s.World.Item(ctx, it.ID)
		return it.RunID != "" && it.RunID != first, err
	})
	if err != nil {
		return err
	}
	return s.tell("the finished Link is stored, the workflow asks Plaid, closes the incident and thanks the merchant: "+it.State,
		closed.Ref+" · Message-ID "+thanks.MessageID+" · run "+it.RunID, s.workflowURL(it))
}

func (s *Story) timeline(ctx context.Context, id, timelineURL string) error {
	moments, err := s.World.Timeline(ctx, id)
	if err != nil {
		return err
	}
	if err := s.tell(fmt.Sprintf("the Item's timeline, from Postgres: %d lines", len(moments)), "item "+id, timelineURL); err != nil {
		return err
	}
	if s.JSON {
		return json.NewEncoder(s.Out).Encode(map[string]any{"timeline": moments})
	}
	for _, m := range moments {
		data := string(m.Data)
		if len(data) > 110 {
			data = data[:110] + " ..."
		}
		if _, err := fmt.Fprintf(s.Out, "    %s  %-20s %-9s %s\n", m.At.Format("15:04:05.000"), m.What, m.Ref, data); err != nil {
			return err
		}
	}
	return nil
}
