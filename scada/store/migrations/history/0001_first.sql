CREATE TABLE tags (
    id       INTEGER PRIMARY KEY,
    element  TEXT NOT NULL,
    quantity TEXT NOT NULL,
    UNIQUE (element, quantity)
);

-- One row a poll cycle, all its readings: the write-ahead of the chunks.
CREATE TABLE tail (
    id INTEGER PRIMARY KEY,
    t  INTEGER NOT NULL,
    b  BLOB NOT NULL
);

-- Closed spans of one tag. Times in ms.
CREATE TABLE chunks (
    id  INTEGER PRIMARY KEY,
    tag INTEGER NOT NULL REFERENCES tags (id),
    t0  INTEGER NOT NULL,
    t1  INTEGER NOT NULL,
    upto INTEGER NOT NULL, -- id of the last tail row that went in
    crc INTEGER NOT NULL,
    b   BLOB NOT NULL
);
CREATE INDEX chunks_span ON chunks (tag, t0, t1);
CREATE INDEX chunks_age ON chunks (t1);
