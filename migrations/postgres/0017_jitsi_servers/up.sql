-- On which Jitsi, where it is not the first; and whether only the host is told the password, so that customers knock.
ALTER TABLE event_types ADD COLUMN jitsi_server TEXT;
ALTER TABLE event_types ADD COLUMN knock BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE rooms ADD COLUMN jitsi_server TEXT;
ALTER TABLE rooms ADD COLUMN knock BOOLEAN NOT NULL DEFAULT FALSE;
