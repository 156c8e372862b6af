-- +goose Up

ALTER TABLE merchants
    ADD COLUMN country_codes  text[] NOT NULL DEFAULT '{US}', -- ISO 3166-1 alpha-2: Link offers the banks of these countries
    ADD COLUMN hosted_link    boolean,                        -- NULL: the country decides
    ADD COLUMN erase_asked_at timestamptz,                    -- its Items are being removed at Plaid
    ADD COLUMN erased_at      timestamptz;                    -- from then on no personal data is left
CREATE INDEX merchants_to_erase ON merchants (erase_asked_at) WHERE erase_asked_at IS NOT NULL AND erased_at IS NULL;

-- An Item's accounts as Plaid last reported them. They are shown to the merchant.
CREATE TABLE accounts (
    item_id    text NOT NULL REFERENCES items,
    account_id text NOT NULL,
    name       text NOT NULL,
    mask       text NOT NULL DEFAULT '',
    subtype    text NOT NULL DEFAULT '',
    place      int NOT NULL DEFAULT 0, -- the order in which Plaid lists them
    seen_at    timestamptz NOT NULL,
    PRIMARY KEY (item_id, account_id)
);

-- What a merchant agreed to when an Item was linked. The newest row is in force.
CREATE TABLE consents (
    consent_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id           text NOT NULL REFERENCES items,
    who               text NOT NULL DEFAULT '', -- emptied when the merchant is erased
    given_at          timestamptz NOT NULL,
    products          text[] NOT NULL DEFAULT '{}',
    copy_version      text NOT NULL DEFAULT '',
    required_accounts text[] NOT NULL DEFAULT '{}',
    recorded_at       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX consents_by_item ON consents (item_id, consent_id);

-- Link tokens of first links, sealed, and what was asked for with them. They have no Item yet.
CREATE TABLE first_links (
    first_link_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id       text NOT NULL REFERENCES merchants,
    token_hash        bytea NOT NULL UNIQUE, -- sha256
    sealed            bytea NOT NULL,
    products          text[] NOT NULL DEFAULT '{}',
    required_accounts text[] NOT NULL DEFAULT '{}',
    minted_at         timestamptz NOT NULL,
    expires_at        timestamptz NOT NULL
);
CREATE INDEX first_links_by_merchant ON first_links (merchant_id, minted_at);

-- One row per public token that is being exchanged, written before the call to Plaid. A token works once, so a retry
-- after a crash must know that it is a retry.
CREATE TABLE exchanges (
    token_hash  bytea PRIMARY KEY, -- sha256
    merchant_id text NOT NULL,
    begun_at    timestamptz NOT NULL DEFAULT now(),
    busy_until  timestamptz,       -- NULL: no request holds it
    item_id     text REFERENCES items,
    done_at     timestamptz
);
CREATE INDEX exchanges_by_age ON exchanges (begun_at);

-- Responses to requests with an Idempotency-Key. Requests and responses are sealed.
CREATE TABLE idempotency (
    key_hash       bytea PRIMARY KEY, -- sha256 of caller, route and key
    request_sealed bytea NOT NULL,    -- the sha256 of the body
    busy_until     timestamptz,       -- NULL once there is a response
    answer_sealed  bytea,
    begun_at       timestamptz NOT NULL DEFAULT now(),
    expires_at     timestamptz NOT NULL,
    CHECK ((busy_until IS NULL) = (answer_sealed IS NOT NULL))
);
CREATE INDEX idempotency_by_expiry ON idempotency (expires_at);
