// Package wording is the one book of words: all that a merchant reads, in mails and on pages, one file a language.
// It may import internal/item and the standard library, and nothing else of relink.
// Start reading at Language, then english.go for the words and causes.go for how a cause chooses among them.
package wording
