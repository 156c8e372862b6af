-- +goose Up

-- Columns for merchants who return from a bank's own pages, and for webhooks about a Link session.
ALTER TABLE link_tokens
    ADD COLUMN token_hash      bytea,                       -- sha256: Plaid's LINK webhooks name the token and no Item
    ADD COLUMN kind            text NOT NULL DEFAULT 'update' CHECK (kind IN ('update', 'hosted')),
    ADD COLUMN merchant_id     text NOT NULL DEFAULT '',
    ADD COLUMN slot            text NOT NULL DEFAULT '',    -- of the mail with the deep link that it was minted for
    ADD COLUMN link_expires_at timestamptz,                 -- when that deep link expires
    ADD COLUMN browser         bytea,                       -- sha256 of the cookie of the browser it was minted in
    ADD COLUMN ended_at        timestamptz;                 -- the browser reported that Link ended: the token is not handed out again
CREATE INDEX link_tokens_by_hash ON link_tokens (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX link_tokens_by_browser ON link_tokens (browser) WHERE browser IS NOT NULL;
CREATE INDEX link_tokens_by_merchant ON link_tokens (merchant_id, minted_at);

-- Events that Link reported to our page. They hold Plaid's own names and nothing that a merchant typed.
CREATE TABLE link_events (
    link_event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id       text NOT NULL REFERENCES items,
    slot          text NOT NULL,
    session       text NOT NULL DEFAULT '', -- Plaid's link_session_id
    event         text NOT NULL,            -- Link's event_name; 'onExit' for the end itself
    view          text NOT NULL DEFAULT '',
    status        text NOT NULL DEFAULT '', -- of onExit
    error_type    text NOT NULL DEFAULT '',
    error_code    text NOT NULL DEFAULT '',
    said_at       timestamptz,              -- by the browser's clock
    at            timestamptz NOT NULL
);
CREATE INDEX link_events_by_item ON link_events (item_id, slot, session);
CREATE INDEX link_events_by_time ON link_events (at);

-- When a merchant last requested a mail with a new link. One is sent in an hour at most, for all requests together.
CREATE TABLE fresh_links (
    merchant_id text PRIMARY KEY REFERENCES merchants,
    asked_at    timestamptz NOT NULL
);
