INSERT INTO notes (text) VALUES ('one');
INSERT INTO notes (text) VALUES ('two; not three');
