-- +goose Up

ALTER TABLE inbox
    ADD COLUMN again_at   timestamptz,                    -- not before: the back-off of a row that could not be delivered
    ADD COLUMN raw_sealed bytea,                          -- the body as it came, sealed; erased after its retention time
    ADD COLUMN stale      boolean NOT NULL DEFAULT false, -- signed by Plaid, but too long ago: refused, but a reason to ask Plaid
    ADD COLUMN ended_at   timestamptz,                    -- when it became a dead letter, or was ignored or discarded
    ADD COLUMN ended_by   text NOT NULL DEFAULT '',       -- the person who discarded it
    ADD COLUMN replays    int NOT NULL DEFAULT 0,         -- how often a person replayed the dead letter
    DROP CONSTRAINT inbox_state_check,
    ADD CONSTRAINT inbox_state_check CHECK (state IN ('pending', 'waiting', 'delivered', 'ignored', 'dead', 'discarded'));
-- The dispatcher reads pending rows, and many more rows may wait for Items that are never enrolled.
DROP INDEX inbox_open;
ALTER TABLE inbox SET (fillfactor = 60); -- a lease is then written beside its row and changes no index
CREATE INDEX inbox_pending ON inbox (item_id, inbox_id) WHERE state = 'pending';
CREATE INDEX inbox_waiting ON inbox (item_id, received_at) WHERE state = 'waiting';
CREATE INDEX inbox_raw ON inbox (received_at) WHERE raw_sealed IS NOT NULL;

-- A row is one message to a neighbour. The workflow whose id is the row's key delivers it. A row that passes on a Plaid
-- webhook takes its body from the inbox row that it names, and may be about an Item that is not enrolled.
DELETE FROM outbox; -- no release has delivered any so far, and the messages are out of date
ALTER TABLE outbox
    DROP CONSTRAINT outbox_item_id_fkey,
    ALTER COLUMN payload DROP NOT NULL,
    ADD COLUMN inbox_id    bigint REFERENCES inbox,
    ADD COLUMN lease_until timestamptz,
    ADD COLUMN started_at  timestamptz, -- its workflow exists
    ADD COLUMN failed_at   timestamptz, -- given up
    ADD COLUMN failure     text NOT NULL DEFAULT '',
    ADD CHECK ((payload IS NULL) <> (inbox_id IS NULL));
DROP INDEX outbox_open;
CREATE INDEX outbox_open ON outbox (outbox_id) WHERE started_at IS NULL;
CREATE INDEX outbox_undelivered ON outbox (outbox_id) WHERE delivered_at IS NULL;
CREATE INDEX outbox_by_item ON outbox (item_id);
