-- The journal: append-only, hash-chained. body is the canonical row as text;
-- hash = SHA-256(hash of the row before || body).
CREATE TABLE journal (
    seq      INTEGER PRIMARY KEY,
    body     TEXT NOT NULL,
    hash     BLOB NOT NULL,
    order_id TEXT GENERATED ALWAYS AS (json_extract(body, '$.order')) VIRTUAL
);
CREATE INDEX journal_order ON journal (order_id, seq) WHERE order_id IS NOT NULL;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;

-- Where the chain ends: rows cut off at the end are missed, too.
CREATE TABLE journal_head (
    one  INTEGER PRIMARY KEY CHECK (one = 1),
    seq  INTEGER NOT NULL,
    hash BLOB NOT NULL
);
INSERT INTO journal_head VALUES (1, 0, x'');

-- Orders and their items. The bodies belong to the desk.
CREATE TABLE orders (
    id      TEXT PRIMARY KEY,
    key     TEXT,
    live    INTEGER NOT NULL,
    body    TEXT NOT NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX orders_key ON orders (key) WHERE key IS NOT NULL;
CREATE INDEX orders_live ON orders (live, id);

CREATE TABLE items (
    order_id TEXT NOT NULL REFERENCES orders (id),
    n        INTEGER NOT NULL,
    stage    TEXT NOT NULL,
    sent     INTEGER NOT NULL,  -- plant clock, ms; 0: never sent
    body     TEXT NOT NULL,
    PRIMARY KEY (order_id, n)
) WITHOUT ROWID;
CREATE INDEX items_sent ON items (sent) WHERE sent > 0;

-- Small documents by kind and name: modes, locks, envelopes, approvals,
-- calibration, configuration.
CREATE TABLE documents (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;

CREATE TABLE users (
    name     TEXT PRIMARY KEY,
    role     TEXT NOT NULL,
    display  TEXT NOT NULL,
    hash     TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    created  INTEGER NOT NULL,
    changed  INTEGER NOT NULL
) WITHOUT ROWID;

-- Sessions are found by the SHA-256 of their token; the token itself is
-- nowhere on disk.
CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    data       BLOB NOT NULL,
    expiry     INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX sessions_expiry ON sessions (expiry);
