// Package activities is everything that workflows do outside of Temporal: ask Plaid, send mails, send messages to
// neighbours, and read and write relink's own records.
//
// It imports no adapter, because it declares its ports and the composition root fills them; no argument, result or
// error may hold a secret, a person's name or a mail address, because histories keep them.
//
// Start reading at Plaid, Mail, Records and Sender, and at errors.go, which turns an error into a retry decision.
package activities
