-- +goose Up

-- People who are signed in. token is a hash: whoever reads this table can be nobody. data is who, and their roles; no
-- token of the issuer's is kept.
CREATE TABLE sessions (
    token      text PRIMARY KEY,
    data       bytea NOT NULL,
    expiry     timestamptz NOT NULL, -- for good
    idle_until timestamptz NOT NULL  -- moved on by each use
);
CREATE INDEX sessions_by_expiry ON sessions (least(expiry, idle_until));
