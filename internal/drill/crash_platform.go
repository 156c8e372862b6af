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

// platform takes what relink tells the platform. The worker can be killed while it answers: relink cannot know then that
// the event was taken, and has to tell it again, as the same.
type platform struct {
	url string

	mu      sync.Mutex
	bodies  map[string]string                     // by webhook-id
	ids     map[string]map[string]map[string]bool // by Item and type
	altered []string
	repeats int

	// first is called once, with an event of the type taken and not yet answered.
	first func()
}

const (
	opened = "item.login_required"
	closed = "item.connected"
)

// servePlatform takes events until stop is called.
func servePlatform(ctx context.Context) (p *platform, stop func(), err error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, fmt.Errorf("listen for the platform's events: %w", err)
	}
	p = &platform{url: "http://" + l.Addr().String() + "/events", bodies: map[string]string{}, ids: map[string]map[string]map[string]bool{}}
	server := &http.Server{Handler: p, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }()
	return p, func() { _ = server.Close() }, nil
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var event struct {
		Type string `json:"type"`
		Data struct {
			ItemID string `json:"item_id"`
		} `json:"data"`
	}
	id := r.Header.Get("Webhook-Id")
	if err = errors.Join(err, json.Unmarshal(body, &event)); err != nil || id == "" {
		http.Error(w, "this is no event", http.StatusBadRequest)
		return
	}
	if then := p.take(id, event.Data.ItemID, event.Type, string(body)); then != nil {
		then()
	}
	w.WriteHeader(http.StatusNoContent)
}

func (p *platform) take(id, itemID, kind, body string) (then func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	before, known := p.bodies[id]
	switch {
	case known && before != body:
		p.altered = append(p.altered, fmt.Sprintf("event %s came with two bodies", id))
	case known:
		p.repeats++
	}
	p.bodies[id] = body
	if p.ids[itemID] == nil {
		p.ids[itemID] = map[string]map[string]bool{}
	}
	if p.ids[itemID][kind] == nil {
		p.ids[itemID][kind] = map[string]bool{}
	}
	p.ids[itemID][kind][id] = true
	if kind == opened {
		then, p.first = p.first, nil
	}
	return then
}

// heard is how many events of a type the platform has about an Item, each counted once.
func (p *platform) heard(itemID, kind string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ids[itemID][kind])
}

// connectPlatform has the worker tell the platform: by its environment, so it is started anew.
func (c *crash) connectPlatform(ctx context.Context) (stop func(), err error) {
	if c.platform, stop, err = servePlatform(ctx); err != nil {
		return nil, err
	}
	c.stack.Env["PLATFORM_WEBHOOK_URL"] = c.platform.url
	c.stack.Env["PLATFORM_WEBHOOK_SECRET"] = "whsec_" + base64.StdEncoding.EncodeToString([]byte("the platform of the drill"))
	if err = errors.Join(c.stack.Kill("worker"), c.stack.Restart(ctx, "worker")); err != nil {
		stop()
		return nil, err
	}
	return stop, nil
}

// killBeforeTheAnswer kills the worker when the platform has an event, before the worker can have read that it has.
func (c *crash) killBeforeTheAnswer(ctx context.Context) error {
	killed := make(chan error, 1)
	c.platform.mu.Lock()
	c.platform.first = func() { killed <- c.stack.Kill("worker") }
	c.platform.mu.Unlock()
	select {
	case err := <-killed:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	c.Say("killed the worker while the platform answered")
	if err := c.stack.Restart(ctx, "worker"); err != nil {
		return fmt.Errorf("start worker again: %w", err)
	}
	return nil
}

// judgePlatform compares what the platform was told with the timelines, once nothing is missing any more.
func (c *crash) judgePlatform(ctx context.Context) error {
	var missing, tooMany []string
	err := c.settle(ctx, "events that the platform was not told", c.patience, func(ctx context.Context) (int, error) {
		all, err := c.told(ctx, c.items, c.merchants)
		if err != nil {
			return 0, err
		}
		missing, tooMany = nil, nil
		for _, t := range all {
			for _, kind := range []string{opened, closed} {
				switch n := c.platform.heard(t.item, kind); {
				case n < t.incidents:
					missing = append(missing, fmt.Sprintf("item %s: %d of %d %s", t.item, n, t.incidents, kind))
				case n > t.incidents:
					tooMany = append(tooMany, fmt.Sprintf("item %s: %d %s of %d incidents", t.item, n, kind, t.incidents))
				}
			}
		}
		return len(missing), nil
	})
	if err != nil {
		return err
	}
	c.platform.mu.Lock()
	defer c.platform.mu.Unlock()
	c.figure(float64(len(c.platform.bodies)), "events told to the platform")
	c.figure(float64(c.platform.repeats), "of them again, under the same id")
	c.none("events that the platform was not told", missing)
	c.none("events under a second id, or with a second body", append(tooMany, c.platform.altered...))
	if !c.Sabotage && c.platform.repeats == 0 {
		c.none("the kill before the answer did nothing", []string{"no event came again"})
	}
	return nil
}
