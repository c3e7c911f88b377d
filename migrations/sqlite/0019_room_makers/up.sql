-- By which API key a room without a booking was made; none if it was made by hand. Keys are looked up by whose they are
-- for the list of such rooms.
ALTER TABLE standalone_rooms ADD COLUMN api_key_id TEXT REFERENCES api_keys (id) ON DELETE SET NULL;
CREATE INDEX api_keys_user_id_idx ON api_keys (user_id);
