// Package api is relink's face to Plaid, to the merchant, to the platform and to people of the house: webhooks in, the relink page,
// /v1, the pages of operations, health.
//
// Whatever it is told it commits before it answers, and it sets no Item's state. It imports starter for the workflows,
// internal/inbox for the dispatcher, internal/webhook for verification; the adapters behind its ports are handed in.
//
// Start reading at Server.table: every route, and who may call it. webhook.go is the path from Plaid into the inbox.
package api
