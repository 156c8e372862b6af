// Package ops renders what people of the house see: all Items, one Item's timeline, and what went wrong with signing in.
// It may import api/asset, internal/item, internal/wording and the standard library. Its one handler serves assets.
// Start reading at Pages.Overview and Pages.Item, then english.go for the words.
package ops
