// Package postgres is what relink remembers: merchants, Items, inbox, outbox, mails and the audit, and the vault that
// seals secrets at rest.
//
// It imports internal/item, internal/neighbour and pgx, and no other adapter; it holds no business rule beyond what a constraint can say.
//
// Start reading at Store and at migrations/0001_ground.sql.
package postgres
