// Package postgres is relink's memory: merchants, Items, inbox, outbox, mails and the audit, and the vault that seals
// secrets at rest.
//
// It imports internal/item, internal/neighbour and pgx, and no other adapter; the rules of states, hints and mails are internal/item's, and
// only the guards of a claim (guards.go) decide here, because they need the merchant's lock.
//
// Start reading at Store and at migrations/0001_ground.sql.
package postgres
