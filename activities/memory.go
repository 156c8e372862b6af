package activities

import (
	"context"
	"time"

	"relink/internal/item"
)

// memory is what is remembered of Items. Its contracts are those of postgres.Store.
type memory interface {
	Load(ctx context.Context, id item.ID) (item.Card, item.Life, error)
	Record(ctx context.Context, id item.ID, transitions []item.Transition) error
	Reminders(ctx context.Context, id item.ID, incident int) (used int, last time.Time, err error)
}

// Memory holds the activities that read and write relink's own database.
type Memory struct {
	memory memory
	ladder item.Ladder
}

// NewMemory makes the activities; ladder is the policy of reminders.
func NewMemory(m memory, ladder item.Ladder) *Memory { return &Memory{memory: m, ladder: ladder} }

// Remembered is an Item as Postgres has it.
type Remembered struct {
	Card item.Card `json:"card"`
	Life item.Life `json:"life"`
}

// LoadItem answers what is remembered of an Item; a run that carries nothing starts with it.
func (m *Memory) LoadItem(ctx context.Context, id item.ID) (Remembered, error) {
	card, life, err := m.memory.Load(ctx, id)
	if err != nil {
		return Remembered{}, decide(ctx, err)
	}
	return Remembered{Card: card, Life: life}, nil
}

// Record is the argument of RecordTransitions.
type Record struct {
	ItemID      item.ID           `json:"item_id"`
	Transitions []item.Transition `json:"transitions"`
}

// RecordTransitions writes transitions to projection, audit and outbox. Each has a key: again is once.
func (m *Memory) RecordTransitions(ctx context.Context, in Record) error {
	if err := m.memory.Record(ctx, in.ItemID, in.Transitions); err != nil {
		return decide(ctx, err)
	}
	return nil
}

// PlanFor is the argument of PlanReminder.
type PlanFor struct {
	ItemID      item.ID    `json:"item_id"`
	Incident    int        `json:"incident"`
	State       item.State `json:"state"`
	BrokenSince time.Time  `json:"broken_since"`
}

// Planned is the next reminder, and how many are over.
type Planned struct {
	Plan item.Plan `json:"plan"`
	Used int       `json:"used"`
}

// PlanReminder plans the next reminder of an incident from the policy and from what was really sent.
func (m *Memory) PlanReminder(ctx context.Context, in PlanFor) (Planned, error) {
	used, last, err := m.memory.Reminders(ctx, in.ItemID, in.Incident)
	if err != nil {
		return Planned{}, decide(ctx, err)
	}
	return Planned{Plan: m.ladder.Next(in.State, in.BrokenSince, used, last), Used: used}, nil
}
