// Package mail turns an item.Notice into a mail that a business owner understands on a phone, and hands it to a server.
// It may import internal/item, internal/wording, go-mail and the standard library, and nothing else of relink.
// Start reading at Mailer.Send, then compose.go for the words, render.go for the bytes and refused.go for errors.
package mail
