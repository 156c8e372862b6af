// Package mailbox is the mailbox of demo, dev and tests: it takes every mail over SMTP, keeps it
// in memory or in a folder, and shows it through mailpit's HTTP API and on a small page of its own.
// It imports nothing of relink and is no part of a production process; it takes any password and
// any mail, so its listeners belong on loopback.
// Start reading at Mailbox.Serve, then session.Data and Handler.
package mailbox
