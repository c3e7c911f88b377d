//! Rooms without a booking, which other programs make.

use super::Room;
use crate::{
    booking::FreshRoom,
    event_type::LONGEST,
    ids::{ApiKeyId, UserId},
    jitsi::ServerName,
    text::Title,
    time::{Instant, Span},
};

/// What a program asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomRequest {
    /// From when to when it can be opened, exactly.
    pub span: Span,
    /// How many people may be in it.
    pub max_occupants: Option<u32>,
    /// Whether people wait until somebody lets them in.
    pub lobby: bool,
    /// By which whoever asked knows it again; nobody else sees it.
    pub label: Option<Title>,
    /// Whether it takes the host's time, as a booking does.
    pub blocks: bool,
    /// On which Jitsi, where it is not the first.
    pub server: Option<ServerName>,
}

/// A room without a booking: a program made it for its host, who tells people of it.
#[derive(Debug, Clone)]
pub struct StandaloneRoom {
    /// The room. Its window is `span`: what a program says is meant.
    pub room: Room,
    /// Whose it is.
    pub host: UserId,
    /// From when to when it can be opened.
    pub span: Span,
    /// By which whoever asked knows it again.
    pub label: Option<Title>,
    /// Whether it takes the host's time.
    pub blocks: bool,
    /// The key of the program that made it; none if it was made by hand.
    pub made_by: Option<ApiKeyId>,
    /// When it was made.
    pub created_at: Instant,
    /// When it was closed before its time.
    pub revoked_at: Option<Instant>,
}

/// No such room can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomRefusal {
    /// It would end before it begins.
    #[error("it must end after it starts")]
    Backwards,
    /// It would be open for more than a day.
    #[error("a room is open for at most 24 hours")]
    TooLong,
    /// Its time is over.
    #[error("it must end in the future")]
    Over,
}

/// Makes a room for the program with that key, or by hand; or says why not.
///
/// # Errors
/// [`RoomRefusal`].
pub fn decide_standalone_room(
    host: UserId,
    made_by: Option<ApiKeyId>,
    request: RoomRequest,
    fresh: FreshRoom,
    now: Instant,
) -> Result<StandaloneRoom, RoomRefusal> {
    let RoomRequest { span, max_occupants, lobby, label, blocks, server } = request;
    if span.end <= span.start {
        return Err(RoomRefusal::Backwards);
    }
    if span.start.plus(LONGEST) < span.end {
        return Err(RoomRefusal::TooLong);
    }
    if span.end <= now {
        return Err(RoomRefusal::Over);
    }
    let room = fresh.alone(span, max_occupants, lobby, server);
    Ok(StandaloneRoom {
        room,
        host,
        span,
        label,
        blocks,
        made_by,
        created_at: now,
        revoked_at: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{random::Entropy, time::Minutes};

    struct Zeros;

    impl Entropy for Zeros {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(0);
        }
    }

    #[test]
    fn only_a_span_of_a_day_at_most_that_is_not_over_makes_a_room() {
        let now = Instant::parse("2026-12-03T09:00:00Z").unwrap();
        let host = UserId::new(now, &Zeros);
        let decide = |start: Instant, end: Instant| {
            let span = Span { start, end };
            let request = RoomRequest {
                span,
                max_occupants: Some(4),
                lobby: true,
                label: None,
                blocks: false,
                server: None,
            };
            decide_standalone_room(host, None, request, FreshRoom::draw(now, &Zeros), now)
        };
        let (hour, day) = (now.plus(Minutes(60)), now.plus(LONGEST));
        let made = decide(now, hour).unwrap();
        assert_eq!((made.room.window, made.span.end), (made.span, hour), "to the moment");
        assert_eq!(
            (made.room.max_occupants, made.room.lobby, made.room.booking),
            (Some(4), true, None)
        );
        assert!(decide(now.minus(Minutes(30)), hour).is_ok(), "it may have begun");
        assert!(decide(now, day).is_ok());
        let refused = |start, end| decide(start, end).unwrap_err();
        assert_eq!(refused(now, day.plus_micros(1)), RoomRefusal::TooLong);
        assert_eq!(refused(hour, hour), RoomRefusal::Backwards);
        assert_eq!(refused(hour, now), RoomRefusal::Backwards);
        assert_eq!(refused(now.minus(Minutes(60)), now), RoomRefusal::Over);
    }
}
