// Package mail renders the content of a mail for a business owner's phone and hands it to a mail server. It may import
// internal/enrolment, internal/item, internal/mailing, internal/wording, go-mail and the standard library. Start
// reading at Mailer.Send, then compose.go for the words, render.go for the bytes and refused.go for errors.
package mail
