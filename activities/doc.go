// Package activities is what workflows may do to the world: ask Plaid, send a mail, tell the platform, remember.
//
// Its ports are declared here and filled by the wiring, so that it imports no adapter. No argument and no result may
// hold a secret, a person's name or a mail address: both stand in the workflow's history for good. Every effect has a
// key, so that doing it again is doing it once.
//
// Start reading at Plaid, Mail, Platform and Memory; errors.go turns what went wrong into a decision.
package activities
