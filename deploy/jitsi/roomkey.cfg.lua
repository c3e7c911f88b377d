-- Read by Prosody beside the configuration of its image. A second block of one host adds to the first, option by
-- option. Without the token in the environment Prosody does not start: it would open rooms that nobody booked.
VirtualHost "meet.jitsi"
    reservations_api_headers = { ["Authorization"] = "Bearer " .. ENV_ROOMKEY_RESERVATIONS_TOKEN }
    reservations_api_timeout = 5
    reservations_api_retry_delay = 1
    reservations_enable_password_support = true
    reservations_enable_lobby_support = true
    reservations_enable_max_occupants = true
