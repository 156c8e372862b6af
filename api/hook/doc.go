// Package hook is the door for Plaid: it checks and commits each webhook before it responds.
// It may import api/web and the packages of relink's own domain and adapters, and no other door.
// Start reading at Door.receive, which is the path from Plaid into the inbox.
package hook
