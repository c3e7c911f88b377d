//! The tables as diesel sees them; `migrations/` makes them.

diesel::table! {
    users (id) {
        id -> Text,
        email -> Text,
        email_folded -> Text,
        name -> Text,
        handle -> Text,
        password_hash -> Text,
        role -> Text,
        time_zone -> Text,
        created_at -> BigInt,
        time_off -> Text,
        week_start -> Integer,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    password_resets (token_hash) {
        token_hash -> Text,
        user_id -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    attempts (id) {
        id -> Text,
        bucket -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    schedules (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        is_default -> Bool,
        time_zone -> Text,
        weekly -> Text,
        overrides -> Text,
    }
}

diesel::table! {
    event_types (id) {
        id -> Text,
        host_id -> Text,
        slug -> Text,
        title -> Text,
        description -> Text,
        duration -> Integer,
        increment -> Integer,
        buffer_before -> Integer,
        buffer_after -> Integer,
        min_notice -> Integer,
        window_days -> Integer,
        early -> Integer,
        grace -> Integer,
        max_occupants -> Nullable<Integer>,
        lobby -> Bool,
        created_at -> BigInt,
        schedule_id -> Nullable<Text>,
        other_durations -> Text,
        limits -> Text,
        grid_offset -> Integer,
        increment_follows -> Bool,
        window_kind -> Text,
        window_first -> Nullable<Text>,
        window_last -> Nullable<Text>,
        visibility -> Text,
        password_in_calendar -> Bool,
        customer_reminders -> Text,
        host_reminders -> Text,
        questions -> Text,
        location_kind -> Text,
        location_detail -> Text,
        cancel_notice -> Integer,
        move_notice -> Integer,
        confirm_within -> Nullable<Integer>,
        seats -> Nullable<Integer>,
        shows_attendees -> Bool,
        guests -> Integer,
        email_proof -> Bool,
        series_most -> Nullable<Integer>,
        waiting_list -> Nullable<Integer>,
        jitsi_server -> Nullable<Text>,
        knock -> Bool,
    }
}

diesel::table! {
    event_links (id) {
        id -> Text,
        event_type_id -> Text,
        token_hash -> Text,
        token_sealed -> Text,
        name -> Text,
        uses_left -> Nullable<Integer>,
        expires_at -> Nullable<BigInt>,
        prefill_name -> Nullable<Text>,
        prefill_email -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    bookings (id) {
        id -> Text,
        event_type_id -> Text,
        host_id -> Text,
        status -> Text,
        version -> Integer,
        start_at -> BigInt,
        end_at -> BigInt,
        buffer_before -> BigInt,
        buffer_after -> BigInt,
        ical_uid -> Text,
        ical_sequence -> Integer,
        note -> Text,
        created_at -> BigInt,
        cancelled_by -> Nullable<Text>,
        cancel_reason -> Nullable<Text>,
        schedule_zone -> Nullable<Text>,
        wall_start -> Nullable<Text>,
        answers -> Text,
        location_kind -> Text,
        location_detail -> Text,
        expires_at -> Nullable<BigInt>,
        session_id -> Nullable<Text>,
        guests -> Text,
        private_note -> Text,
        series_id -> Nullable<Text>,
        series_index -> Nullable<Integer>,
        series_start -> Nullable<Text>,
    }
}

diesel::table! {
    booking_series (id) {
        id -> Text,
        event_type_id -> Text,
        every -> Text,
        wall_start -> Text,
        schedule_zone -> Text,
        occurrences -> Integer,
        ical_uid -> Text,
    }
}

diesel::table! {
    guest_links (token_hash) {
        token_hash -> Text,
        token_sealed -> Text,
        booking_id -> Text,
        guest_id -> Text,
    }
}

diesel::table! {
    group_sessions (id) {
        id -> Text,
        event_type_id -> Text,
        host_id -> Text,
        start_at -> BigInt,
        end_at -> BigInt,
        seats -> Integer,
        taken -> Integer,
    }
}

diesel::table! {
    booking_hosts (booking_id, host_id) {
        booking_id -> Text,
        host_id -> Text,
        start_at -> BigInt,
        end_at -> BigInt,
        buffer_before -> BigInt,
        buffer_after -> BigInt,
        held -> Bool,
        session_id -> Nullable<Text>,
        assigned_at -> BigInt,
        assigned_because -> Text,
        previous_host_id -> Nullable<Text>,
    }
}

diesel::table! {
    slot_holds (holder) {
        holder -> Text,
        client -> Text,
        host_id -> Text,
        event_type_id -> Text,
        start_at -> BigInt,
        end_at -> BigInt,
        buffer_before -> BigInt,
        buffer_after -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::table! {
    attendees (id) {
        id -> Text,
        booking_id -> Text,
        name -> Text,
        email -> Text,
        time_zone -> Text,
        attendance -> Nullable<Text>,
        proof_asked -> Bool,
        verified_at -> Nullable<BigInt>,
        lent_link -> Nullable<Text>,
    }
}

diesel::table! {
    booking_links (token_hash) {
        token_hash -> Text,
        token_sealed -> Text,
        booking_id -> Text,
        side -> Text,
    }
}

diesel::table! {
    booking_events (booking_id, version) {
        booking_id -> Text,
        version -> Integer,
        at -> BigInt,
        actor -> Text,
        kind -> Text,
        from_start -> Nullable<BigInt>,
        to_start -> Nullable<BigInt>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    booking_remarks (booking_id, number) {
        booking_id -> Text,
        number -> Integer,
        version -> Integer,
        at -> BigInt,
        actor -> Text,
        kind -> Text,
        attendee_id -> Nullable<Text>,
    }
}

diesel::table! {
    booking_proposals (id) {
        id -> Text,
        booking_id -> Text,
        version -> Integer,
        by_side -> Text,
        starts -> Text,
        note -> Text,
        made_at -> BigInt,
        expires_at -> BigInt,
        state -> Text,
        ended_at -> Nullable<BigInt>,
        answer -> Text,
    }
}

diesel::table! {
    rooms (id) {
        id -> Text,
        booking_id -> Nullable<Text>,
        generation -> Integer,
        name_hash -> Text,
        name_sealed -> Text,
        password_sealed -> Text,
        opens_at -> BigInt,
        closes_at -> BigInt,
        max_occupants -> Nullable<Integer>,
        lobby -> Bool,
        revoked -> Bool,
        session_id -> Nullable<Text>,
        jitsi_server -> Nullable<Text>,
        knock -> Bool,
    }
}

diesel::table! {
    standalone_rooms (room_id) {
        room_id -> Text,
        host_id -> Text,
        label -> Text,
        start_at -> BigInt,
        end_at -> BigInt,
        blocks -> Bool,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        api_key_id -> Nullable<Text>,
    }
}

diesel::table! {
    conferences (id) {
        id -> Text,
        room_id -> Text,
        opened_at -> BigInt,
        ends_at -> BigInt,
        emptied_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    meetings (room_id, created_at) {
        room_id -> Text,
        created_at -> BigInt,
        destroyed_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    stays (room_id, occupant, joined_at) {
        room_id -> Text,
        occupant -> Text,
        joined_at -> BigInt,
        left_at -> Nullable<BigInt>,
        person -> Nullable<Text>,
        name -> Nullable<Text>,
        summed -> Bool,
    }
}

diesel::table! {
    idempotency_records (scope, key) {
        scope -> Text,
        key -> Text,
        body_hash -> Text,
        booking_id -> Nullable<Text>,
        created_at -> BigInt,
        room_id -> Nullable<Text>,
    }
}

diesel::table! {
    outbox_messages (id) {
        id -> Text,
        kind -> Text,
        booking_id -> Nullable<Text>,
        version -> Integer,
        sequence -> Integer,
        side -> Nullable<Text>,
        user_id -> Nullable<Text>,
        token_sealed -> Nullable<Text>,
        expires_at -> Nullable<BigInt>,
        queued_at -> BigInt,
        due_at -> BigInt,
        attempts -> Integer,
        state -> Text,
        claimed_by -> Nullable<Text>,
        claimed_until -> Nullable<BigInt>,
        message_id -> Nullable<Text>,
        finished_at -> Nullable<BigInt>,
        last_error -> Nullable<Text>,
        guest_id -> Nullable<Text>,
        proposal_id -> Nullable<Text>,
        series_id -> Nullable<Text>,
        entry_id -> Nullable<Text>,
    }
}

diesel::table! {
    reminder_opt_outs (host_id, email_folded) {
        host_id -> Text,
        email_folded -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    waiting_entries (id) {
        id -> Text,
        event_type_id -> Text,
        host_id -> Text,
        token_hash -> Text,
        token_sealed -> Text,
        name -> Text,
        email -> Text,
        email_folded -> Text,
        time_zone -> Text,
        duration -> Integer,
        day -> Nullable<Text>,
        until -> Nullable<Text>,
        joined_at -> BigInt,
        in_line_since -> Nullable<BigInt>,
        over_at -> BigInt,
        state -> Text,
        offered_start -> Nullable<BigInt>,
        offered_end -> Nullable<BigInt>,
        offered_until -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Text,
        user_id -> Text,
        name -> Text,
        key_hash -> Text,
        scopes -> Text,
        created_at -> BigInt,
    }
}

diesel::joinable!(event_types -> users (host_id));
diesel::joinable!(bookings -> event_types (event_type_id));
diesel::joinable!(attendees -> bookings (booking_id));
diesel::joinable!(rooms -> bookings (booking_id));
diesel::joinable!(standalone_rooms -> rooms (room_id));
diesel::joinable!(conferences -> rooms (room_id));
diesel::joinable!(booking_links -> bookings (booking_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(api_keys -> users (user_id));
diesel::joinable!(schedules -> users (user_id));

diesel::allow_tables_to_appear_in_same_query!(
    users,
    sessions,
    password_resets,
    attempts,
    schedules,
    event_types,
    event_links,
    bookings,
    booking_series,
    guest_links,
    group_sessions,
    booking_hosts,
    slot_holds,
    attendees,
    booking_links,
    booking_events,
    booking_remarks,
    booking_proposals,
    rooms,
    standalone_rooms,
    conferences,
    meetings,
    stays,
    idempotency_records,
    outbox_messages,
    waiting_entries,
    reminder_opt_outs,
    api_keys,
);
