// Package page renders the merchant's page behind a deep link: the bank, what happened, what to do, and one button.
// It may import api/web/asset, internal/item, internal/wording and the standard library.
// Start reading at Pages.Relink, then view.go for the choice of words and assets/relink.js for what follows the click.
package page
