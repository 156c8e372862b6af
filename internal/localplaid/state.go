package localplaid

import (
	"bytes"
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// dataVersion is raised whenever what the data file holds is changed. A file of another version is refused.
const dataVersion = 4

// keepLinkTokens is how long a link token that has expired can still be asked about after a restart. Plaid keeps a
// session's data for six hours (plaid.com/docs/api/link, /link/token/get).
const keepLinkTokens = 6 * time.Hour

// state is all that a data file holds: the exported fields of what lives in memory.
type state struct {
	Version      int                     `json:"version"`
	WebhookKeys  []signingKey            `json:"webhook_keys"` // the current one last
	ClockAhead   time.Duration           `json:"clock_ahead_ns"`
	Institutions map[string]health       `json:"institutions"` // those whose logins were changed
	Items        map[string]*item        `json:"items"`        // by item_id
	PublicTokens map[string]*publicToken `json:"public_tokens"`
	LinkTokens   map[string]*linkToken   `json:"link_tokens"`
	SignRetries  retrySigning            `json:"sign_retries"`
	Deliveries   []*delivery             `json:"deliveries"` // those that are still to be received, oldest first
}

// state encodes all that outlives a restart: no public token that expired, and no link token some hours after that.
func (s *Server) state() ([]byte, error) {
	g, d, k := s.registry, s.deliveries, s.keys
	g.mu.Lock()
	defer g.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	v := state{
		Version: dataVersion, WebhookKeys: k.keys, ClockAhead: s.clock.lead(), Institutions: map[string]health{}, Items: g.items,
		PublicTokens: maps.Clone(g.publicTokens), LinkTokens: maps.Clone(g.linkTokens),
		SignRetries: d.signRetries, Deliveries: []*delivery{},
	}
	for id, in := range g.institutions {
		if !in.Since.IsZero() {
			v.Institutions[id] = in.health
		}
	}
	now := g.now()
	maps.DeleteFunc(v.PublicTokens, func(_ string, t *publicToken) bool { return !now.Before(t.Expires) })
	maps.DeleteFunc(v.LinkTokens, func(_ string, t *linkToken) bool { return !now.Before(t.Expires.Add(keepLinkTokens)) })
	for _, x := range d.all {
		if x.pending() {
			v.Deliveries = append(v.Deliveries, x)
		}
	}
	return json.Marshal(v)
}

// restore takes a state over into a server that serves nobody yet. Its errors name Items and keys, never tokens.
func (s *Server) restore(v *state) error {
	s.clock.ahead.Store(int64(v.ClockAhead))
	if len(v.WebhookKeys) == 0 {
		return errors.New("damaged: it has no webhook key")
	}
	for _, key := range v.WebhookKeys {
		if _, private := key.Private.Key.(*ecdsa.PrivateKey); !private || !key.Private.Valid() {
			return fmt.Errorf("damaged: webhook key %s", key.Private.KeyID)
		}
	}
	s.keys.keys = v.WebhookKeys
	s.deliveries.signRetries, s.deliveries.all = v.SignRetries, v.Deliveries
	for _, x := range v.Deliveries {
		x.retried = true
		if x.NextAttempt == nil { // nobody knows how the attempt ended: better twice than never
			x.NextAttempt = new(s.now())
		}
	}
	if err := s.registry.restore(v); err != nil {
		return fmt.Errorf("damaged: %w", err)
	}
	return nil
}

func (g *registry) restore(v *state) error {
	for id, saved := range v.Institutions {
		in, ok := g.institutions[id]
		if !ok || !saved.known() {
			return fmt.Errorf("institution %q with logins %q", id, saved.Logins)
		}
		in.health = saved
	}
	for id, it := range v.Items {
		in, ok := g.institutions[it.InstitutionID]
		switch {
		case !ok:
			return fmt.Errorf("item %s: institution %q", id, it.InstitutionID)
		case it.AccessToken == "" || len(it.accounts()) == 0:
			return fmt.Errorf("item %s: it has no access token or no accounts", id)
		}
		it.id, it.institution = id, in
		g.add(it)
	}
	for token, pt := range v.PublicTokens {
		if pt.item = g.items[pt.ItemID]; pt.item == nil {
			return fmt.Errorf("a public token: %w", unknown("Item", pt.ItemID))
		}
		g.publicTokens[token] = pt
	}
	for token, t := range v.LinkTokens {
		t.token = token
		if err := g.restoreLinkToken(t); err != nil {
			return fmt.Errorf("a link token of %s: %w", t.CreatedAt, err)
		}
	}
	return nil
}

func (g *registry) restoreLinkToken(t *linkToken) error {
	g.linkTokens[t.token] = t
	if t.item = g.items[t.ItemID]; t.ItemID != "" && t.item == nil {
		return unknown("Item", t.ItemID)
	}
	for _, s := range t.Sessions {
		s.registry, s.token, s.institution, s.item = g, t, g.institutions[s.InstitutionID], g.items[s.ItemID]
		g.sessions[s.ID] = s
		for _, visit := range s.Visits {
			visit.session = s
			g.visits[visit.ID] = visit
		}
		if err := s.whole(); err != nil {
			return fmt.Errorf("session %s: %w", s.ID, err)
		}
	}
	return nil
}

// dataFile keeps a server's state on disk. It is written whole, so callers that come while it is being written share
// the next writing.
type dataFile struct {
	path    string
	content func() ([]byte, error)
	calls   atomic.Int64 // of save

	mu      sync.Mutex
	written int64 // the last call whose change was on disk, or would be but for err
	err     error // of the last writing
}

// save returns once everything that was changed before the call is on disk.
func (f *dataFile) save() error {
	call := f.calls.Add(1)
	f.mu.Lock()
	defer f.mu.Unlock()
	if call <= f.written {
		return f.err
	}
	f.written = f.calls.Load()
	content, err := f.content()
	if err == nil {
		err = f.write(content)
	}
	if f.err = err; err != nil {
		f.err = fmt.Errorf("write data file %s: %w", f.path, err)
	}
	return f.err
}

// write puts a complete file in place at once: a process that is killed in the middle leaves the one from before.
func (f *dataFile) write(content []byte) error {
	temporary := f.path + ".new"
	out, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) // one may be left of a killed process
	if err != nil {
		return err
	}
	_, err = out.Write(append(content, '\n'))
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return os.Rename(temporary, f.path)
}

// readState returns nil where there is no file yet.
func readState(path string) (*state, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var head struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	switch head.Version {
	case dataVersion:
	case 0:
		return nil, errors.New("damaged: it has no version")
	default:
		return nil, fmt.Errorf("it has version %d and this relink reads version %d only: move it away to start empty", head.Version, dataVersion)
	}
	v := &state{}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields() // the next writing would drop what we do not know
	if err := decoder.Decode(v); err != nil {
		return nil, fmt.Errorf("damaged: %w", err)
	}
	return v, nil
}

// openData takes over what the file holds and writes it once. So the webhook key is kept before anybody sees it, and a
// file that cannot be written is known at the start.
func (s *Server) openData(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make folder of data file: %w", err)
	}
	v, err := readState(path)
	if err == nil && v != nil {
		err = s.restore(v)
	}
	if err != nil {
		return fmt.Errorf("read data file %s: %w", path, err)
	}
	s.data = &dataFile{path: path, content: s.state}
	s.deliveries.attempted = func() {
		if err := s.kept(nil); err != nil {
			s.logger.Error("webhook attempt not kept", zap.Error(err))
		}
	}
	return s.kept(nil)
}

// kept returns err once the data file holds what was changed so far. If it cannot, kept returns why.
func (s *Server) kept(err error) error {
	if s.data == nil {
		return err
	}
	if lost := s.data.save(); lost != nil {
		return lost
	}
	return err
}
