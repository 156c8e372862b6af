// Package ops is the door for operators: they sign in, see all Items, and see one Item's timeline.
// It may import api/web and the packages of relink's own domain and adapters, and no other door.
// Start reading at Door.Routes, then Pages.Overview and Pages.Item; english.go and internal/describe hold the words.
package ops
