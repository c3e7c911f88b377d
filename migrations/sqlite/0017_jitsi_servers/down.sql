ALTER TABLE rooms DROP COLUMN knock;
ALTER TABLE rooms DROP COLUMN jitsi_server;
ALTER TABLE event_types DROP COLUMN knock;
ALTER TABLE event_types DROP COLUMN jitsi_server;
