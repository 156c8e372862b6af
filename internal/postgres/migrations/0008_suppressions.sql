-- +goose Up

-- The hash by which an address is still recognised after it was erased. Upper and lower case are one address.
CREATE FUNCTION address_hash(address text) RETURNS bytea LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN sha256(convert_to(lower(btrim(address) COLLATE "C"), 'UTF8'));

-- Addresses that must not be mailed. Rows are ended, not deleted.
CREATE TABLE suppressions (
    suppression_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address_hash   bytea NOT NULL,
    reason         text NOT NULL CHECK (reason IN ('unsubscribed', 'bounced', 'complained', 'by_hand')),
    why            text NOT NULL DEFAULT '',
    suppressed_by  text NOT NULL,
    suppressed_at  timestamptz NOT NULL,
    ended_by       text NOT NULL DEFAULT '',
    ended_at       timestamptz
);
CREATE UNIQUE INDEX suppressions_open ON suppressions (address_hash, reason) WHERE ended_at IS NULL;
CREATE INDEX merchants_by_address ON merchants (address_hash(email));
