// Package portal is the door for merchants: the page behind a deep link, Link's start, return and end, a new link when
// one has expired, and the end of mails. It may import api/portal/page, api/web and the packages of relink's own domain
// and adapters, and no other door. Start reading at Door.Routes, then link.go and complete.go for what a click becomes.
package portal
