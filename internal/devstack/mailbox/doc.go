// Package mailbox is the mailbox of demo, dev and tests. It accepts every mail over SMTP, with any password, and shows
// it through mailpit's HTTP API and on a small page; so its listeners belong on loopback, and never in production. It
// imports nothing of relink.
// Start with [Mailbox.Serve], then session.Data and [Mailbox.Handler].
package mailbox
