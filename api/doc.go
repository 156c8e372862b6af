// Package api holds the table of routes and the pipeline of every request, and opens four doors: api/hook for Plaid,
// api/portal for merchants, api/v1 for the platform's programs and api/ops for operators. It commits what a request
// reports before it responds, and sets no Item's state.
//
// It may import its doors, api/web, internal/inbox for the dispatcher and the adapters that are handed in, and no
// starter, worker or workflows.
//
// Start reading at Server.table and pipeline.go, then at a door's Routes.
package api
