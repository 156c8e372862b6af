// Package wording is the one table, cause by language, of what a merchant reads about a bank connection: in a mail and on the page.
// It is pure, and may import internal/item and the standard library, and nothing else of relink.
// Start reading at Broken and Ending, then Match for how a merchant's locale becomes a language, and english.go for the words.
package wording
