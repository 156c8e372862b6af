// Package portal is the door for merchants: the page behind a deep link, the start, return and end of Link, the request
// for a new link, and the end of mails.
// It may import api/portal/page, api/web and the packages of relink's own domain and adapters, and no other door.
// Start reading at Door.Routes, then link.go and complete.go, which handle a click.
package portal
