package devstack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"relink/internal/blackbox"
)

// Step is one step of the story: what happened, when, under which id, and where to look.
type Step struct {
	Step    int       `json:"step"`
	At      time.Time `json:"at"`
	Seconds float64   `json:"seconds"` // since the story began
	What    string    `json:"what"`
	// ID can be found again in another place than the one that it comes from.
	ID  string `json:"id"`
	URL string `json:"url,omitempty"`
}

// Story plays one relink from outside, as the platform, the bank and the merchant.
type Story struct {
	Client     blackbox.Client
	TemporalUI string
	Out        io.Writer
	JSON       bool
	// ByHand leaves Link to a person with a browser.
	ByHand bool

	began time.Time
	steps int
	item  blackbox.Item
	link  string // the deep link
}

const merchantMail = "owner@bluebottle.example"

// Play plays the story to its end, or until a step fails.
func (s *Story) Play(ctx context.Context) error {
	s.began = time.Now()
	relink := s.relink
	if s.ByHand {
		relink = s.relinkByHand
	}
	for _, part := range []struct {
		doing string
		play  func(ctx context.Context) error
	}{
		{"link an Item", s.linkItem},
		{"break the Item", s.breakItem},
		{"open the incident", s.incident},
		{"mail the merchant", s.mail},
		{"relink", relink},
		{"resume", s.reconnected},
		{"show the timeline", s.timeline},
	} {
		if err := part.play(ctx); err != nil {
			return fmt.Errorf("%s: %w", part.doing, err)
		}
	}
	return nil
}

// print prints a step, unless err says that it failed.
func (s *Story) print(err error, what, id, url string) error {
	if err != nil {
		return err
	}
	s.steps++
	now := time.Now()
	step := Step{Step: s.steps, At: now.UTC(), Seconds: now.Sub(s.began).Seconds(), What: what, ID: id, URL: url}
	if s.JSON {
		return json.NewEncoder(s.Out).Encode(step)
	}
	at := now.Format("15:04:05")
	_, err = fmt.Fprintf(s.Out, "%s  +%5.2fs  %d. %s\n%27s%s\n%27s%s\n", at, step.Seconds, step.Step, what, "", id, "", url)
	return err
}

func (s *Story) workflowURL() string {
	// This tab shows the current details; the page that a run opens at is its history.
	return fmt.Sprintf("%s/namespaces/default/workflows/%s/%s/user-metadata", s.TemporalUI, s.item.WorkflowID, s.item.RunID)
}

// timelineURL is for a person: it leads to sign-in at the development issuer first.
func (s *Story) timelineURL() string { return s.Client.API + "/ops/items/" + s.item.ID }

// awaitRun waits until the Item's workflow has a run other than the one before.
func (s *Story) awaitRun(ctx context.Context, what, before string) error {
	return blackbox.Await(ctx, what, func(ctx context.Context) (bool, error) {
		got, err := s.Client.Item(ctx, s.item.ID)
		if err != nil || got.RunID == "" || got.RunID == before {
			return false, err
		}
		s.item = got
		return true, nil
	})
}

func (s *Story) linkItem(ctx context.Context) (err error) {
	s.item, err = s.Client.Link(ctx, blackbox.Merchant{
		ID: "blue-bottle", BusinessName: "Blue Bottle", ContactName: "Ada", Email: merchantMail,
		TimeZone: "America/New_York", Locale: "en-US", Partner: "iso-7",
	})
	if err == nil {
		err = s.awaitRun(ctx, "the Item's workflow", "")
	}
	return s.print(err, "a merchant links an Item at "+s.item.Institution+"; its workflow starts: "+s.item.State,
		"workflow "+s.item.WorkflowID+" run "+s.item.RunID, s.workflowURL())
}

func (s *Story) breakItem(ctx context.Context) error {
	delivery, err := s.Client.Break(ctx, s.item.ID, "ITEM_LOGIN_REQUIRED")
	return s.print(err, "the bank rejects the credentials; Plaid sends ITEM: ERROR, signed", "delivery "+delivery,
		s.Client.Sandbox+"/control/webhooks?item_id="+s.item.ID)
}

func (s *Story) incident(ctx context.Context) error {
	row, err := s.Client.AwaitMoment(ctx, s.item.ID, "webhook ITEM/ERROR", 1)
	if err != nil {
		return err
	}
	it, err := s.Client.AwaitState(ctx, s.item.ID, "login_required", 1)
	return s.print(err, "the webhook is verified, stored, answered 200; the workflow asks Plaid and opens incident 1: "+it.State,
		row.Ref, s.timelineURL())
}

func (s *Story) mail(ctx context.Context) error {
	m, err := s.Client.AwaitMail(ctx, merchantMail, 1)
	if err == nil {
		s.link, err = m.DeepLink()
	}
	return s.print(err, "a mail with a deep link arrives: "+m.Subject, "Message-ID "+m.MessageID, s.Client.Mailbox+"/view/"+m.ID)
}

func (s *Story) relink(ctx context.Context) error {
	html, err := blackbox.Page(ctx, s.link)
	if err == nil && !strings.Contains(html, s.item.Institution) {
		err = fmt.Errorf("the page does not name the bank %s", s.item.Institution)
	}
	if err != nil {
		return err
	}
	linkToken, err := blackbox.Mint(ctx, s.link, s.item.ID)
	if err != nil {
		return err
	}
	opened, err := s.Client.AwaitMoment(ctx, s.item.ID, "relink_opened", 1)
	err = s.print(err, "the merchant opens the page, which names the bank; its button mints an update-mode link token", opened.Ref, s.link)
	if err != nil {
		return err
	}
	played, err := s.Client.PlayLink(ctx, linkToken, "user_good", "pass_good")
	if err == nil && played.Callback != "onSuccess" {
		err = fmt.Errorf("update-mode Link ended with %s", played.Callback)
	}
	session := played.Metadata.LinkSessionID
	err = s.print(err, "update-mode Link succeeds", "link session "+session, s.Client.Sandbox+"/control/requests?item_id="+s.item.ID)
	if err == nil {
		_, err = blackbox.Complete(ctx, s.link, s.item.ID, session)
	}
	return err
}

// relinkByHand waits as long as it takes for a person.
func (s *Story) relinkByHand(ctx context.Context) error {
	err := s.print(nil, "your turn: open the deep link, press the button, sign in with user_good / pass_good", "incident 1", s.link)
	for _, moment := range []string{"relink_opened", "relink_completed"} {
		if err == nil {
			_, err = s.Client.AwaitMoment(ctx, s.item.ID, moment, 1)
		}
	}
	return err
}

func (s *Story) reconnected(ctx context.Context) error {
	closed, err := s.Client.AwaitMoment(ctx, s.item.ID, "incident_closed", 1)
	if err != nil {
		return err
	}
	thanks, err := s.Client.AwaitMail(ctx, merchantMail, 2)
	if err == nil { // the incident is over, so its workflow continues as new; the second run shows the same Item
		err = s.awaitRun(ctx, "the second run", s.item.RunID)
	}
	return s.print(err, "the finished Link is stored, the workflow asks Plaid, closes the incident and thanks the merchant: "+s.item.State,
		closed.Ref+" · Message-ID "+thanks.MessageID+" · run "+s.item.RunID, s.workflowURL())
}

func (s *Story) timeline(ctx context.Context) error {
	moments, err := s.Client.Timeline(ctx, s.item.ID)
	err = s.print(err, fmt.Sprintf("the Item's timeline, from Postgres: %d lines", len(moments)), "item "+s.item.ID, s.timelineURL())
	if err == nil && s.JSON {
		return json.NewEncoder(s.Out).Encode(map[string]any{"timeline": moments})
	}
	for _, m := range moments {
		data := string(m.Data)
		if len(data) > 110 {
			data = data[:110] + " ..."
		}
		if err == nil {
			_, err = fmt.Fprintf(s.Out, "    %s  %-20s %-9s %s\n", m.At.Format("15:04:05.000"), m.What, m.Ref, data)
		}
	}
	return err
}
