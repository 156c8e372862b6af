// Package mail turns an item.Notice into a mail a business owner understands on a phone, and hands it to an SMTP server.
// It may import internal/item, internal/wording, go-mail and the standard library, and nothing else of relink.
// Start reading at Mailer.Send, then Render for the bytes, catalog.go and english.go for the words around what happened and refused.go for what went wrong.
package mail
