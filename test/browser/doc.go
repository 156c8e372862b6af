// Package browser tests relinks in a real Chromium, and in WebKitGTK where that is installed, with every part of relink
// as a process of its own; -shots DIR keeps the screenshots.
//
// It may import internal/devstack and what starts the parts, and acts through HTTP, mail and the browser only. Its
// tests have the build tag browser, because not every machine has a Chromium: make test-browser.
//
// Start reading at relink_test.go.
package browser
