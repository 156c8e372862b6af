// Package neighbour says what a system beside relink is: which events it wants to hear of, what a message to it holds,
// how it is sent, and what may go wrong.
//
// It imports internal/item only, so that workflows, activities and every neighbour may import it.
//
// Start reading at Neighbour; internal/neighbour/registry lists those that there are.
package neighbour
