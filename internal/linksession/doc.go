// Package linksession holds what relink stores about Link sessions: the link tokens that it minted, what Link reported
// to the page, and the Item that a finished first session hands over.
//
// It imports internal/item and internal/vault, and no adapter.
//
// Start reading at Minted.
package linksession
