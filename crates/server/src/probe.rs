//! Asks a running Jitsi, as a browser would, whether it enforces what Roomkey promises.

mod browser;

use std::time::Duration;

use actix_web::rt::time::timeout;
use roomkey_app::App;
use roomkey_core::{
    account::User,
    jitsi::JitsiServer,
    room::{Role, Room, RoomRequest, RoomToken},
    time::{Minutes, Span},
};
use secrecy::ExposeSecret;

pub(crate) use browser::Place;
use browser::{Asked, Browser, Entered, Lost, NotSignedIn};

use crate::finding::Finding;

/// A Jitsi that is tried.
pub(crate) struct Probe<'a> {
    /// The use cases: the rooms are ours, and the token is.
    pub(crate) app: &'a App,
    /// In whose name the rooms of the probe are made.
    pub(crate) host: User,
    /// The Jitsi.
    pub(crate) server: &'a JitsiServer,
    /// Where it is reached.
    pub(crate) place: Place,
    /// Another host that guests sign in to, to see that it leads nowhere either.
    pub(crate) guests: String,
}

/// How long a refusal takes at most.
const MOMENT: Duration = Duration::from_secs(6);

const RESERVATIONS_MEND: &str = "load \"reservations\" with the options that 'roomkey jitsi config' prints, and restart Prosody";

impl Probe<'_> {
    /// All that was found, line by line.
    pub(crate) async fn run(&self) -> anyhow::Result<Vec<Finding>> {
        let mut findings = vec![self.jicofo().await];
        let (room, guarded) = (self.room(false, None).await?, self.room(true, Some(1)).await?);
        // Names of ours that open nothing any more: one to ask for, one to enter unasked.
        let strays = [self.room(false, None).await?, self.room(false, None).await?];
        for stray in &strays {
            self.revoke(stray).await?;
        }
        let [stray, unasked] = &strays;
        self.signing_in(&room, &mut findings).await;
        if let Some(mut browser) = self.browser(&room, &mut findings).await {
            let found = self.doors(&mut browser, &room, [stray, unasked], &mut findings).await;
            note(found, "meeting", &mut findings);
        }
        if self.server.mode.asks_us()
            && let Some(mut browser) = self.browser(&guarded, &mut Vec::new()).await
        {
            let found = self.lobby(&mut browser, &guarded, &mut findings).await;
            note(found, "lobby", &mut findings);
        }
        self.guest_host(stray, &mut findings).await;
        for room in [&room, &guarded] {
            self.revoke(room).await?;
        }
        Ok(findings)
    }

    /// A room that is open now, for a few minutes.
    async fn room(&self, lobby: bool, max_occupants: Option<u32>) -> anyhow::Result<Room> {
        let now = self.app.now();
        let request = RoomRequest {
            span: Span { start: now.minus(Minutes(1)), end: now.plus(Minutes(10)) },
            max_occupants,
            lobby,
            label: "Probe".parse().ok(),
            blocks: false,
            server: self.server.name,
        };
        Ok(self.app.add_standalone_room(self.host.id, None, request, None).await?.room)
    }

    async fn revoke(&self, room: &Room) -> anyhow::Result<()> {
        self.app.revoke_standalone_room(self.host.id, room.id).await?;
        Ok(())
    }

    /// A token for a room, where this Jitsi takes any.
    fn token(&self, room: &Room) -> Option<String> {
        let grant = RoomToken {
            room: room.name.expose(),
            window: room.jitsi_window(),
            person: "probe".to_owned(),
            name: "Probe",
            role: Role::Customer,
        };
        let token = self.app.room_token(self.server, &grant).ok()?;
        Some(token.expose_secret().to_owned())
    }

    async fn browser(&self, room: &Room, findings: &mut Vec<Finding>) -> Option<Browser> {
        let token = self.token(room);
        match Browser::sign_in(&self.place, None, token.as_deref()).await {
            Ok(browser) => Some(browser),
            Err(NotSignedIn::Unreachable(why)) => {
                let mend = "check jitsi.url, --websocket and --xmpp-domain, and that Jitsi runs";
                findings.push(Finding::fail("reached", why, mend));
                None
            }
            Err(NotSignedIn::Refused(why)) => {
                let mend = if token.is_some() {
                    "Prosody does not take our tokens: compare 'roomkey jitsi config' with what it has"
                } else {
                    "Jitsi wants people to sign in: set jitsi.mode to jwt or reservations+jwt, or authentication to anonymous"
                };
                findings.push(Finding::fail("signing in", format!("refused: {why}"), mend));
                None
            }
        }
    }

    /// Whether the token is checked at the sign-in.
    async fn signing_in(&self, room: &Room, findings: &mut Vec<Finding>) {
        let Some(token) = self.token(room) else { return };
        let broken = format!("{token}x");
        for (token, what) in
            [(None, "without a token"), (Some(broken.as_str()), "with a forged token")]
        {
            findings.push(match Browser::sign_in(&self.place, None, token).await {
                Ok(_) => Finding::fail(
                    "signing in",
                    format!("somebody came in {what}"),
                    "set authentication = \"token\" and allow_empty_token = false",
                ),
                Err(NotSignedIn::Refused(why)) => {
                    Finding::ok("signing in", format!("{what}: refused ({why})"))
                }
                Err(NotSignedIn::Unreachable(why)) => Finding::warn(
                    "signing in",
                    format!("{what}: {why}"),
                    "see the line about how it is reached",
                ),
            });
        }
    }

    /// Whether rooms open to those alone whom they should open to.
    async fn doors(
        &self,
        browser: &mut Browser,
        room: &Room,
        strays: [&Room; 2],
        findings: &mut Vec<Finding>,
    ) -> Result<(), Lost> {
        let (name, [stray, unasked]) = (room.name.expose(), strays.map(|room| room.name.expose()));
        findings.push(Finding::ok("reached", format!("{} speaks XMPP", self.place.websocket)));

        // Where nothing refuses it, Jitsi's own modules hold whoever enters until Jicofo comes, which nobody has called.
        findings.push(
            match timeout(MOMENT, browser.join(unasked, None)).await.ok().transpose()? {
                Some(Entered::Refused { condition, .. }) => {
                    Finding::ok("rooms by joining", format!("nobody makes one ({condition})"))
                }
                Some(Entered::Joined { .. }) | None => Finding::fail(
                    "rooms by joining",
                    "entering a room that nobody booked is not refused, and makes it",
                    "set restrict_room_creation = true on the rooms' component",
                ),
            },
        );
        if self.server.mode.asks_us() {
            findings.push(match browser.request(stray).await? {
                Asked::Refused { code: Some(code), text } if code == "403" || code == "404" => {
                    Finding::ok("unbooked room", format!("refused by Roomkey ({code}: {text})"))
                }
                Asked::Refused { code: Some(code), text } => Finding::fail(
                    "unbooked room",
                    format!("refused, but not by Roomkey's answer ({code}: {text})"),
                    if code == "401" {
                        "Prosody sends another token: see reservations_api_headers in 'roomkey jitsi config'"
                    } else {
                        "see that Prosody reaches reservations_api_prefix"
                    },
                ),
                Asked::Refused { code: None, text } => {
                    Finding::fail("unbooked room", format!("refused for another reason: {text}"), RESERVATIONS_MEND)
                }
                Asked::Granted => {
                    Finding::fail("unbooked room", "it opened: Jitsi does not ask Roomkey", RESERVATIONS_MEND)
                }
            });
        }
        match browser.request(name).await? {
            Asked::Granted => findings.push(Finding::ok("booked room", "opens")),
            Asked::Refused { code, text } => {
                let code = code.unwrap_or_default();
                let mend = "ask Prosody's log why; without this no booking's room opens";
                findings.push(Finding::fail(
                    "booked room",
                    format!("refused ({code} {text})"),
                    mend,
                ));
                return Ok(());
            }
        }
        if self.server.mode.asks_us() {
            for (key, what) in
                [(None, "without a password"), (Some("tern-moss-quilt-22222"), "with a wrong one")]
            {
                let found = match browser.join(name, key).await? {
                    Entered::Refused { condition, .. } => {
                        Finding::ok("password", format!("{what}: refused ({condition})"))
                    }
                    Entered::Joined { .. } => Finding::fail(
                        "password",
                        format!("{what}: let in"),
                        "set reservations_enable_password_support = true, and main_muc",
                    ),
                };
                findings.push(found);
            }
        }
        let key = self.server.mode.asks_us().then(|| room.password.expose());
        match browser.join(name, key).await? {
            Entered::Joined { is_moderator } => {
                findings.push(Finding::ok("entering", "who should come in does"));
                let leads = is_moderator || browser.becomes_moderator(name).await?;
                findings.push(self.moderator(leads));
            }
            Entered::Refused { condition, .. } => findings.push(Finding::fail(
                "entering",
                format!("refused with the right password ({condition})"),
                "ask Prosody's log why",
            )),
        }
        if self.server.mode.takes_tokens() {
            let other = match browser.request(stray).await {
                Ok(Asked::Granted) | Err(_) => "opened",
                Ok(Asked::Refused { .. }) => "not opened",
            };
            findings.push(match browser.join(stray, None).await? {
                Entered::Refused { condition, .. } => Finding::ok(
                    "another room",
                    format!("a token for one room does not lead into another ({condition}; {other} by it)"),
                ),
                Entered::Joined { .. } => Finding::fail(
                    "another room",
                    "a token for one room led into another",
                    "load \"token_verification\" on the rooms' component",
                ),
            });
        }
        Ok(())
    }

    fn moderator(&self, customer_leads: bool) -> Finding {
        match (customer_leads, self.server.mode.takes_tokens()) {
            (false, _) => Finding::ok("moderator", "a customer who comes first is none"),
            (true, true) => Finding::warn(
                "moderator",
                "a customer who comes first is moderator, and can end the meeting for all",
                "load \"token_affiliation\", and set Jicofo's enable-auto-owner to false",
            ),
            (true, false) => Finding::warn(
                "moderator",
                "a customer who comes first is moderator: they can take the password off, and let others in from a lobby",
                "set Jicofo's enable-auto-owner to false (ENABLE_AUTO_OWNER=0), unless you want it so",
            ),
        }
    }

    /// Whether a lobby keeps people, and a limit counts them.
    async fn lobby(
        &self,
        browser: &mut Browser,
        room: &Room,
        findings: &mut Vec<Finding>,
    ) -> Result<(), Lost> {
        let name = room.name.expose();
        if browser.request(name).await? != Asked::Granted {
            return Ok(());
        }
        findings.push(match browser.join(name, None).await? {
            Entered::Refused { has_lobby: true, .. } => {
                Finding::ok("lobby", "who does not know the password waits there")
            }
            Entered::Refused { condition, .. } => Finding::warn(
                "lobby",
                format!("there is none ({condition})"),
                "load \"muc_lobby_rooms\" and \"persistent_lobby\", set lobby_muc and reservations_enable_lobby_support",
            ),
            Entered::Joined { .. } => Finding::fail(
                "lobby",
                "who knows no password was let in",
                "load \"muc_lobby_rooms\" and \"persistent_lobby\", set lobby_muc and reservations_enable_lobby_support",
            ),
        });
        // One person, and two places for connections that nobody has noticed the end of.
        let mut people = Vec::new();
        for _ in 0..4 {
            let Some(mut person) = self.browser(room, &mut Vec::new()).await else { return Ok(()) };
            let entered = person.join(name, Some(room.password.expose())).await?;
            let is_in = matches!(entered, Entered::Joined { .. });
            people.push(person);
            if !is_in {
                break;
            }
        }
        findings.push(if people.len() == 4 {
            let last = people.last_mut();
            let full = match last {
                Some(last) => matches!(last.join(name, Some(room.password.expose())).await?, Entered::Refused { .. }),
                None => false,
            };
            if full {
                Finding::ok("people", "the limit of a room is kept")
            } else {
                Finding::warn(
                    "people",
                    "more came in than the limit allows",
                    "load \"muc_max_occupants\", set muc_max_occupants and reservations_enable_max_occupants",
                )
            }
        } else {
            Finding::ok("people", "fewer came in than the limit allows")
        });
        Ok(())
    }

    /// Whether guests sign in somewhere that nobody asks about.
    async fn guest_host(&self, stray: &Room, findings: &mut Vec<Finding>) {
        let Ok(mut browser) = Browser::sign_in(&self.place, Some(&self.guests), None).await else {
            let found = format!("nobody signs in to {}", self.guests);
            findings.push(Finding::ok("guest host", found));
            return;
        };
        findings.push(match browser.request(stray.name.expose()).await {
            Ok(Asked::Granted) => Finding::fail(
                "guest host",
                format!("who signs in to {} opens rooms that nobody booked", self.guests),
                "turn guests off (ENABLE_GUESTS=0), or load \"reservations\" there, too",
            ),
            Ok(Asked::Refused { text, .. }) => Finding::ok(
                "guest host",
                format!("{} opens no unbooked room ({text})", self.guests),
            ),
            Err(lost) => {
                Finding::warn("guest host", format!("{}: {lost}", self.guests), "try again")
            }
        });
    }

    /// Whether Jicofo opens rooms past Prosody.
    async fn jicofo(&self) -> Finding {
        let url = format!("{}/conference-request/v1", self.server.url.as_str());
        let client = awc::Client::builder().timeout(Duration::from_secs(10)).finish();
        let asked = serde_json::json!({"room": format!("roomkey-probe@{}", self.place.muc)});
        match client.post(&url).send_json(&asked).await {
            Ok(answer) if answer.status().is_success() => Finding::fail(
                "Jicofo's port",
                format!("{url} is answered: rooms can be opened past Prosody"),
                "remove /conference-request/v1 from the web server, or set jicofo.rest.conference-request.enabled = false",
            ),
            Ok(answer) => Finding::ok(
                "Jicofo's port",
                format!("is not offered ({})", answer.status().as_u16()),
            ),
            Err(_) => Finding::ok(
                "Jicofo's port",
                format!("{} answers no such request", self.server.spoken()),
            ),
        }
    }
}

fn note(found: Result<(), Lost>, part: &'static str, findings: &mut Vec<Finding>) {
    if let Err(lost) = found {
        findings.push(Finding::fail(part, lost.to_string(), "ask Prosody's log why"));
    }
}
