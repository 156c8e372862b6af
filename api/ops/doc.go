// Package ops is the door for people of the house: they sign in, see all Items and one Item's timeline, and are told
// what went wrong with signing in. It may import api/web and the packages of relink's own domain and adapters, and no
// other door. Start reading at Door.Routes, then Pages.Overview and Pages.Item, then english.go and
// internal/describe for the words.
package ops
