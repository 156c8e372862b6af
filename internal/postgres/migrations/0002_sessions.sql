-- +goose Up

-- The sessions of signed-in people. token is a hash, so a reader of this table cannot take over a session. data holds
-- the person and their roles; the issuer's tokens are not stored.
CREATE TABLE sessions (
    token      text PRIMARY KEY,
    data       bytea NOT NULL,
    expiry     timestamptz NOT NULL, -- no use moves it
    idle_until timestamptz NOT NULL  -- each use moves it on
);
CREATE INDEX sessions_by_expiry ON sessions (least(expiry, idle_until));
