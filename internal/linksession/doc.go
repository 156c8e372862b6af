// Package linksession is what relink keeps of Link sessions: the link tokens that it minted, what Link told the page, and
// the Item that a finished first session hands over.
// It imports internal/item and internal/vault.
// Start reading at Minted.
package linksession
