-- +goose Up

-- The policies of reminders. The one applied last is in force; without a row the built-in policy is.
CREATE TABLE policies (
    policy_id  bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version    text NOT NULL,
    file       text NOT NULL,
    applied_by text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);

-- Pauses of mails, by a person or by the guard against a mass break. The guard pauses first mails only.
CREATE TABLE pauses (
    pause_id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    scope       text NOT NULL CHECK (scope IN ('all', 'institution', 'partner', 'merchant')),
    key         text NOT NULL DEFAULT '', -- the id of the institution, partner or merchant
    first_mails boolean NOT NULL DEFAULT false,
    why         text NOT NULL,
    paused_by   text NOT NULL,
    paused_at   timestamptz NOT NULL DEFAULT now(),
    ended_by    text NOT NULL DEFAULT '',
    ended_at    timestamptz,
    CHECK ((scope = 'all') = (key = ''))
);
CREATE UNIQUE INDEX pauses_open ON pauses (scope, key, first_mails) WHERE ended_at IS NULL;

-- Tasks for people. At most one task with a key is open.
CREATE TABLE tasks (
    task_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key       text NOT NULL,
    kind      text NOT NULL,
    item_id   text REFERENCES items,
    why       text NOT NULL,
    opened_at timestamptz NOT NULL DEFAULT now(),
    done_at   timestamptz,
    done_by   text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX tasks_open ON tasks (key) WHERE done_at IS NULL;
CREATE INDEX tasks_by_item ON tasks (item_id) WHERE done_at IS NULL;

-- A mail lists all of its merchant's Items that need something. It counts as a step for each of them.
CREATE TABLE mail_items (
    mail_id  bigint NOT NULL REFERENCES mails,
    item_id  text NOT NULL REFERENCES items,
    incident int NOT NULL,
    kind     text NOT NULL,
    PRIMARY KEY (mail_id, item_id)
);
CREATE INDEX mail_items_by_incident ON mail_items (item_id, incident, kind);
INSERT INTO mail_items SELECT mail_id, item_id, incident, kind FROM mails;
ALTER TABLE mails ADD COLUMN shadowed_at timestamptz; -- recorded, not sent: shadow mode
CREATE INDEX mails_by_merchant ON mails (merchant_id, claimed_at);

ALTER TABLE items
    ADD COLUMN shadow  boolean NOT NULL DEFAULT false, -- its mails are recorded and not sent
    ADD COLUMN ends_at timestamptz;                    -- for an Item that expires
CREATE INDEX items_by_break ON items (broken_since) WHERE broken_since IS NOT NULL;

-- Link tokens that we minted, sealed. With them Plaid reports which session finished with success.
CREATE TABLE link_tokens (
    link_token_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    item_id       text NOT NULL REFERENCES items,
    minted_at     timestamptz NOT NULL DEFAULT now(),
    expires_at    timestamptz NOT NULL,
    sealed        bytea NOT NULL
);
CREATE INDEX link_tokens_by_item ON link_tokens (item_id, minted_at);
