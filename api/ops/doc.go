// Package ops renders what people of the house see once they are signed in: all Items, one Item's timeline, and what
// went wrong with signing in.
// It may import api/web/asset, internal/item and the standard library; it has no handlers but the one for its own style.
// Start reading at Pages.Overview and Pages.Item, then english.go for the words.
package ops
