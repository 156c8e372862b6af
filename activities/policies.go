package activities

import (
	"context"
	"fmt"
	"sync"
	"time"

	"relink/internal/policy"
)

// PolicyLooks is how often the database is asked for a newer policy: after that time every worker plans by it.
const PolicyLooks = 5 * time.Second

// appliedPolicies is where applied policies are. Its contract is postgres.Store's.
type appliedPolicies interface {
	AppliedPolicy(ctx context.Context) (file []byte, at time.Time, err error)
}

// Policies answers the policy that holds: the one applied last, or else the one the process was started with.
type Policies struct {
	applied appliedPolicies
	initial policy.Policy
	now     func() time.Time

	mu      sync.Mutex
	holds   policy.Policy
	looked  time.Time
	appears time.Time // when the one that holds was applied
}

// NewPolicies makes a source of policies; initial holds until one is applied.
func NewPolicies(applied appliedPolicies, initial policy.Policy) *Policies {
	return &Policies{applied: applied, initial: initial, holds: initial, now: time.Now}
}

// Policy answers the policy that holds, at most a few seconds old.
func (p *Policies) Policy(ctx context.Context) (policy.Policy, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.looked.IsZero() && now.Sub(p.looked) < PolicyLooks {
		return p.holds, nil
	}
	file, at, err := p.applied.AppliedPolicy(ctx)
	if err != nil {
		return policy.Policy{}, err
	}
	if file != nil && !at.Equal(p.appears) {
		holds, err := policy.Parse(file)
		if err != nil { // applying checks it, so that only an older relink reads what it does not know
			return policy.Policy{}, fmt.Errorf("the applied policy: %w", err)
		}
		p.holds, p.appears = holds, at
	}
	p.looked = now
	return p.holds, nil
}
