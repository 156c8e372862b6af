-- +goose Up

CREATE TABLE merchants (
    merchant_id   text PRIMARY KEY,
    business_name text NOT NULL,
    contact_name  text NOT NULL DEFAULT '',
    email         text NOT NULL,
    time_zone     text NOT NULL,
    locale        text NOT NULL,
    partner       text NOT NULL DEFAULT '',
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE items (
    item_id           text PRIMARY KEY,
    environment       text NOT NULL,
    merchant_id       text NOT NULL REFERENCES merchants,
    institution_id    text NOT NULL,
    institution       text NOT NULL,
    token_sealed      bytea NOT NULL,
    required_accounts  text[] NOT NULL DEFAULT '{}',
    hubspot_deal_id    text NOT NULL DEFAULT '',
    marqeta_user_token text NOT NULL DEFAULT '',
    state             text NOT NULL DEFAULT 'connected'
                      CHECK (state IN ('connected', 'expiring', 'login_required', 'revoked', 'removed')),
    cause             text NOT NULL DEFAULT '',
    incident          int NOT NULL DEFAULT 0,
    changes           int NOT NULL DEFAULT 0,
    broken_since      timestamptz,
    enrolled_at       timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    CHECK (broken_since IS NOT NULL OR state IN ('connected', 'removed'))
);
CREATE INDEX items_by_merchant ON items (merchant_id);

-- One row per delivery. 'pending' rows are claimed by the dispatcher; 'waiting' ones came before their Item.
CREATE TABLE inbox (
    inbox_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at  timestamptz NOT NULL DEFAULT now(),
    source       text NOT NULL,
    environment  text NOT NULL,
    item_id      text NOT NULL DEFAULT '',
    code         text NOT NULL,
    until        timestamptz,
    delivery_key bytea UNIQUE,
    repeats      int NOT NULL DEFAULT 0,
    body         json, -- not jsonb, which refuses \u0000: anything that Plaid signs must be storable
    state        text NOT NULL CHECK (state IN ('pending', 'waiting', 'delivered', 'ignored', 'dead')),
    attempts     int NOT NULL DEFAULT 0,
    lease_until  timestamptz,
    last_error   text NOT NULL DEFAULT '',
    delivered_at timestamptz
);
CREATE INDEX inbox_open ON inbox (item_id, inbox_id) WHERE state IN ('pending', 'waiting');
CREATE INDEX inbox_by_item ON inbox (item_id, delivered_at);

CREATE TABLE outbox (
    outbox_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key         text NOT NULL UNIQUE,
    destination text NOT NULL,
    item_id     text NOT NULL REFERENCES items,
    event       text NOT NULL,
    payload     jsonb NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    delivered_at timestamptz
);
CREATE INDEX outbox_open ON outbox (outbox_id) WHERE delivered_at IS NULL;

-- A slot is claimed once. Each time its mail is handed to the mail server, the bytes are the same.
CREATE TABLE mails (
    mail_id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    merchant_id     text NOT NULL REFERENCES merchants,
    slot            text NOT NULL,
    item_id         text NOT NULL REFERENCES items,
    incident        int NOT NULL,
    kind            text NOT NULL,
    step            int NOT NULL,
    message_id      text NOT NULL UNIQUE,
    notice          json NOT NULL,
    claimed_at      timestamptz NOT NULL,
    link_expires_at timestamptz,
    sent_at         timestamptz,
    failed_at       timestamptz,
    failure         text NOT NULL DEFAULT '',
    UNIQUE (merchant_id, slot)
);
CREATE INDEX mails_by_incident ON mails (item_id, incident);

-- Append-only, hash-chained per Item: hash = sha256(prev_hash, item_id, seq, at, kind, key, data).
CREATE TABLE audit (
    item_id   text NOT NULL REFERENCES items,
    seq       bigint NOT NULL,
    at        timestamptz NOT NULL,
    kind      text NOT NULL,
    key       text NOT NULL,
    data      json NOT NULL,
    prev_hash bytea NOT NULL,
    hash      bytea NOT NULL,
    PRIMARY KEY (item_id, seq),
    UNIQUE (item_id, key)
);

-- +goose StatementBegin
CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only: % refused', TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
-- +goose StatementEnd
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();

-- Keys that every process must share, sealed by the vault.
CREATE TABLE shared_keys (
    purpose    text PRIMARY KEY,
    sealed     bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
