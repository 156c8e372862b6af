// Package api is relink's face to Plaid, to the merchant and to the platform: webhooks in, the relink page, /v1, health.
//
// Whatever it is told it commits before it answers, and it sets no Item's state. It imports starter for the workflows,
// internal/inbox for the dispatcher, internal/webhook for verification; the adapters behind its ports are handed in.
//
// Start reading at Server.routes; webhook.go is the path from Plaid into the inbox.
package api
