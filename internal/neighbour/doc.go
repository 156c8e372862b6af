// Package neighbour defines the systems that get relink's events: which events each wants, what a message holds, how it
// is sent, and which errors a sender returns.
//
// It may import internal/item only, so that workflows, activities and every neighbour may import it.
//
// Start reading at Neighbour; internal/neighbour/registry lists the neighbours.
package neighbour
