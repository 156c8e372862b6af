package activities

import (
	"context"
	"fmt"
	"sync"
	"time"

	"relink/internal/policy"
)

// PolicyPoll is how often the database is asked for a newer policy. After that time every worker plans by the new one.
const PolicyPoll = 5 * time.Second

// appliedPolicies returns the policy that was applied last, with the time of applying it; a nil file when none was. Its
// contract is that of postgres.Store.
type appliedPolicies interface {
	AppliedPolicy(ctx context.Context) (file []byte, at time.Time, err error)
}

// Policies returns the policy in force: the one applied last, or else the one that the process was started with.
type Policies struct {
	applied appliedPolicies
	initial policy.Policy
	now     func() time.Time

	mu        sync.Mutex
	inForce   policy.Policy
	readAt    time.Time
	appliedAt time.Time // when the policy in force was applied
}

// NewPolicies returns a source of policies. initial is in force until one is applied.
func NewPolicies(applied appliedPolicies, initial policy.Policy) *Policies {
	return &Policies{applied: applied, initial: initial, inForce: initial, now: time.Now}
}

// Policy returns the policy in force. The result is at most PolicyPoll old.
func (p *Policies) Policy(ctx context.Context) (policy.Policy, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.readAt.IsZero() && now.Sub(p.readAt) < PolicyPoll {
		return p.inForce, nil
	}
	file, at, err := p.applied.AppliedPolicy(ctx)
	if err != nil {
		return policy.Policy{}, fmt.Errorf("read the applied policy: %w", err)
	}
	if file != nil && !at.Equal(p.appliedAt) {
		parsed, err := policy.Parse(file)
		if err != nil { // applying checks the file, so only an older relink can fail here
			return policy.Policy{}, fmt.Errorf("parse the applied policy: %w", err)
		}
		p.inForce, p.appliedAt = parsed, at
	}
	p.readAt = now
	return p.inForce, nil
}
