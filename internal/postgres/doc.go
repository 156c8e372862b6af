// Package postgres stores merchants, Items, the inbox, the outbox, mails, sessions and the audit in PostgreSQL.
//
// It may import the rules (internal/item), the records (enrolment, inbox, linksession, mailing, neighbour, readmodel,
// tasks, vault) and pgx, and no other adapter; the only rules of its own are the guards of a claim (guards.go), because
// they need the merchant's lock.
//
// Start reading at Store (store.go) and at migrations/0001_ground.sql.
package postgres
