// Package wording is the one book of words: everything that a merchant reads, in mails and on pages, one file per
// language.
//
// It may import internal/item and the standard library, and nothing else of relink.
//
// Start reading at Language, then at english.go for the words and at causes.go for how a cause chooses among them.
package wording
