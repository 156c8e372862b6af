package drill

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// platform receives relink's events. The worker can be killed while the platform answers. relink cannot know then that
// the event was taken, and has to send it again, as the same.
type platform struct {
	mu      sync.Mutex
	events  map[string]event // by webhook-id
	altered []string
	repeats int

	// first is called once, with an event of the type opened taken and not yet answered. It may be nil.
	first func()
}

type event struct {
	Type string `json:"type"`
	Data struct {
		ItemID string `json:"item_id"`
	} `json:"data"`

	body string
}

const (
	opened = "item.login_required"
	closed = "item.connected"
)

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	e := event{body: string(body)}
	id := r.Header.Get("Webhook-Id")
	if err = errors.Join(err, json.Unmarshal(body, &e)); err != nil || id == "" {
		http.Error(w, "this is no event", http.StatusBadRequest)
		return
	}
	if first := p.take(id, e); first != nil {
		first()
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *platform) take(id string, e event) (first func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch before, known := p.events[id]; {
	case known && before.body != e.body:
		p.altered = append(p.altered, fmt.Sprintf("event %s came with two bodies", id))
	case known:
		p.repeats++
	}
	p.events[id] = e
	if e.Type == opened {
		first, p.first = p.first, nil
	}
	return first
}

// heard counts the events of a type about an Item, each once.
func (p *platform) heard(itemID, kind string) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, e := range p.events {
		if e.Type == kind && e.Data.ItemID == itemID {
			n++
		}
	}
	return n
}

// connectPlatform starts a platform, and the worker anew with its address. Unless it is under sabotage, the worker is
// killed when the platform has a first event, before the worker can have read the answer.
func (c *crash) connectPlatform(ctx context.Context) (stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the platform's events: %w", err)
	}
	c.platform = &platform{events: map[string]event{}}
	if !c.Sabotage {
		c.platform.first = func() { c.killed <- c.Kill("worker") }
	}
	server := &http.Server{Handler: c.platform, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	c.Env["PLATFORM_WEBHOOK_URL"] = "http://" + l.Addr().String() + "/events"
	c.Env["PLATFORM_WEBHOOK_SECRET"] = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the platform of the drill"))
	if err = errors.Join(c.Kill("worker"), c.Restart(ctx, "worker")); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return func() { _ = server.Close() }, nil
}

// restartAfterKill waits until the worker has been killed while the platform answered, and starts it again.
func (c *crash) restartAfterKill(ctx context.Context) error {
	select {
	case err := <-c.killed:
		c.Log("killed the worker while the platform answered")
		return errors.Join(err, c.Restart(ctx, "worker"))
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// judgePlatform compares the platform's events with the timelines, once nothing is missing any more.
func (c *crash) judgePlatform(ctx context.Context) error {
	var missing, tooMany []string
	err := c.poll(ctx, "events that the platform was not told", c.size.patience, func(ctx context.Context) (int, error) {
		all, err := c.evidence(ctx)
		missing, tooMany = nil, nil
		for _, e := range all {
			for _, kind := range []string{opened, closed} {
				switch n := c.platform.heard(e.item, kind); {
				case n < e.incidents:
					missing = append(missing, fmt.Sprintf("item %s: %d of %d %s", e.item, n, e.incidents, kind))
				case n > e.incidents:
					tooMany = append(tooMany, fmt.Sprintf("item %s: %d %s of %d incidents", e.item, n, kind, e.incidents))
				}
			}
		}
		return len(missing), err
	})
	if err != nil {
		return err
	}
	c.platform.mu.Lock()
	defer c.platform.mu.Unlock()
	c.figure(float64(len(c.platform.events)), "events told to the platform")
	c.figure(float64(c.platform.repeats), "of them again, under the same id")
	c.none("events that the platform was not told", missing)
	c.none("events under a second id, or with a second body", append(tooMany, c.platform.altered...))
	if !c.Sabotage && c.platform.repeats == 0 {
		c.none("the kill before the answer did nothing", []string{"no event came again"})
	}
	return nil
}
