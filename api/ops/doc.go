// Package ops renders what people of the house see once they are signed in: all Items, one Item's timeline, and what
// went wrong with signing in.
// It may import api/asset, internal/describe, internal/item, internal/wording and the standard library; its one handler
// serves assets.
// Start reading at Pages.Overview and Pages.Item, then english.go and internal/describe for the words.
package ops
