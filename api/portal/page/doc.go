// Package page renders what a merchant sees behind a deep link: which bank, what happened, what to do, one button.
// It may import internal/item, internal/wording and the standard library; it has no handlers but the one for its own CSS and JavaScript.
// Start reading at Pages.Relink, then catalog.go for the words and assets/relink.js for what happens after the click.
package page
