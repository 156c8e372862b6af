-- +goose Up

ALTER TABLE outbox ADD COLUMN not_before timestamptz; -- when a message is sent at the earliest; NULL: at once
