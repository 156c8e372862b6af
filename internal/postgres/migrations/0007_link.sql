-- +goose Up

-- What a merchant needs who comes back from a bank's own pages, and whom a webhook about a Link session is about.
ALTER TABLE link_tokens
    ADD COLUMN token_hash      bytea,                       -- sha256: Plaid's LINK webhooks name the token and no Item
    ADD COLUMN kind            text NOT NULL DEFAULT 'update' CHECK (kind IN ('update', 'hosted')),
    ADD COLUMN merchant_id     text NOT NULL DEFAULT '',
    ADD COLUMN slot            text NOT NULL DEFAULT '',    -- of the mail whose deep link it was minted from
    ADD COLUMN link_expires_at timestamptz,                 -- that deep link's own end
    ADD COLUMN browser         bytea,                       -- sha256 of the cookie of the browser it was minted in
    ADD COLUMN ended_at        timestamptz;                 -- the browser said that Link is through: it is not handed out again
CREATE INDEX link_tokens_by_hash ON link_tokens (token_hash) WHERE token_hash IS NOT NULL;
CREATE INDEX link_tokens_by_browser ON link_tokens (browser) WHERE browser IS NOT NULL;
CREATE INDEX link_tokens_by_merchant ON link_tokens (merchant_id, minted_at);

-- What Link told our page on the way, for the funnel: names of Plaid's own, no word that a merchant typed.
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

-- When a merchant last had a fresh link mailed: at most one in an hour, however often and from wherever it is asked for.
CREATE TABLE fresh_links (
    merchant_id text PRIMARY KEY REFERENCES merchants,
    asked_at    timestamptz NOT NULL
);
