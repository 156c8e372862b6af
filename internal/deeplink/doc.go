// Package deeplink makes and checks the tokens in the links that relink mails, and the tokens that end reminders; a
// deep link's token is an HMAC over merchant, slot and expiry, so a mail that is sent again holds the same link, and it
// is a secret, because its holder can open the merchant's relink page until it expires.
//
// It is pure and imports only the standard library.
//
// Start reading at Signer.
package deeplink
