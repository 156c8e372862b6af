// Package page renders what a merchant sees behind a deep link: which bank, what happened, what to do, one button.
// It may import api/web/asset, internal/item, internal/wording and the standard library. Its one handler serves assets.
// Start reading at Pages.Relink, then view.go for the choice of words and assets/relink.js for what follows the click.
package page
