// Package mailing is what relink keeps of mails: their content, the claims of their slots, bounces, suppressed addresses
// and pauses.
// It imports internal/enrolment (the merchant) and internal/item; internal/mail turns a Content into a mail, and
// internal/postgres keeps the claims.
// Start reading at Content and Claimed.
package mailing
