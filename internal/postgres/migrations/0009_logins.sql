-- +goose Up

-- The status of logins at each institution, as Plaid last reported it. One process asks for all, because all share
-- Plaid's rate limit.
CREATE TABLE institution_logins (
    institution_id text PRIMARY KEY,
    turn_at        timestamptz NOT NULL, -- when a process last took the turn to ask
    down           boolean,              -- NULL: no report yet
    answered_at    timestamptz
);
