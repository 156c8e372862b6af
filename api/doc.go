// Package api is relink's face: one table of routes, who may call each of them, and the pipeline that every request
// goes through. Behind it stand four doors: api/hook for Plaid, api/portal for merchants, api/v1 for the platform's
// programs and api/ops for people.
//
// It may import its doors, api/web, internal/inbox for the dispatcher and the adapters that are handed in. It sets no
// Item's state: whatever it learns it commits before it answers.
//
// Start reading at Server.table and pipeline.go, then at a door's Routes.
package api
