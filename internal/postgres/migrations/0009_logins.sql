-- +goose Up

-- How logins at an institution go, as Plaid last said: asked by one process for all of them, since Plaid's limit is one
-- for all.
CREATE TABLE institution_logins (
    institution_id text PRIMARY KEY,
    turn_at        timestamptz NOT NULL, -- when somebody last took it upon himself to ask
    down           boolean,              -- NULL: nobody has answered yet
    answered_at    timestamptz
);
