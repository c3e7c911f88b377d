DROP INDEX api_keys_user_id_idx;
ALTER TABLE standalone_rooms DROP COLUMN api_key_id;
