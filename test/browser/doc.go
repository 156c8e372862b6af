// Package browser plays relinks in a real Chromium: the merchant's page at the size of a phone, Link of the local Plaid,
// the mailbox and the Temporal UI, with every part of relink running as a process of its own; and the way that Safari's
// engine may take otherwise in WebKitGTK, where that is installed.
//
// It imports internal/devstack and what that is handed to start the parts, and acts through HTTP, mail and the browser
// only. Its tests stand behind the build tag browser, since not every machine has a Chromium: make test-browser.
//
// Start reading at relink_test.go. With -shots DIR the screenshots are kept: those of the README are in docs/images.
package browser
