// Package mailing holds what relink stores about mails: their content, the claims of their slots, bounces, suppressed
// addresses and pauses.
//
// It imports internal/enrolment (the merchant) and internal/item, and no adapter.
//
// Start reading at Content and Claimed; internal/mail turns a Content into a mail, and internal/postgres stores the
// claims.
package mailing
