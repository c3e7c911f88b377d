//! A browser as far as signalling goes: XMPP over WebSocket (RFC 7395), and what Jitsi's client says over it.

use std::time::Duration;

use actix_web::rt::time::timeout;
use awc::{
    BoxedSocket,
    ws::{Codec, Frame, Message},
};
use futures_util::{SinkExt as _, StreamExt as _};
use roxmltree::{Document, Node};

const CLIENT: &str = "jabber:client";
const FOCUS: &str = "http://jitsi.org/protocol/focus";
const FRAMING: &str = "urn:ietf:params:xml:ns:xmpp-framing";
const MUC: &str = "http://jabber.org/protocol/muc";
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";

/// How long an answer may take: Prosody may ask the reservations API four times for one.
const PATIENCE: Duration = Duration::from_secs(25);

/// Where a Jitsi is reached, and how its parts are called.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The WebSocket's address, like `wss://meet.example.org/xmpp-websocket`.
    pub(crate) websocket: String,
    /// The XMPP domain that people sign in to.
    pub(crate) domain: String,
    /// The rooms' component.
    pub(crate) muc: String,
    /// Jicofo's address.
    pub(crate) focus: String,
}

/// The signed-in end.
pub(crate) struct Browser {
    socket: actix_codec::Framed<BoxedSocket, Codec>,
    place: Place,
    asked: u32,
}

/// Nobody is signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSignedIn {
    /// Nothing answered there, or no XMPP.
    #[error("{0}")]
    Unreachable(String),
    /// The server says no.
    #[error("{0}")]
    Refused(String),
}

/// What became of a question to the focus.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The conference may be.
    Granted,
    /// It may not.
    Refused {
        /// The reservation's status, where there was one.
        code: Option<String>,
        /// The words that people read.
        text: String,
    },
}

/// What became of an entrance.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// In the room.
    Joined {
        /// Whether as its moderator.
        is_moderator: bool,
    },
    /// Before it.
    Refused {
        /// XMPP's condition.
        condition: String,
        /// Whether a lobby was offered.
        has_lobby: bool,
    },
}

/// The connection broke, or nothing came.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Lost {
    /// Nothing came for so long.
    #[error("no answer came within {} seconds", PATIENCE.as_secs())]
    Silence,
    /// The server ended it.
    #[error("the server closed the connection")]
    Closed,
    /// It can not be understood.
    #[error("the server does not speak XMPP: {0}")]
    Garbled(String),
}

impl From<Lost> for NotSignedIn {
    fn from(lost: Lost) -> Self {
        Self::Unreachable(lost.to_string())
    }
}

impl Browser {
    /// Signs in without a name, with a token if there is one, on `host` or the place's domain.
    pub(crate) async fn sign_in(
        place: &Place,
        host: Option<&str>,
        token: Option<&str>,
    ) -> Result<Self, NotSignedIn> {
        let url = match token {
            Some(token) => format!("{}?token={token}", place.websocket),
            None => place.websocket.clone(),
        };
        let client = awc::Client::builder().timeout(Duration::from_secs(10)).finish();
        let connected = client.ws(url).protocols(["xmpp"]).connect().await;
        let (_, socket) = connected.map_err(|error| {
            // Without the address, which may hold a token.
            NotSignedIn::Unreachable(format!("{} does not answer: {error}", place.websocket))
        })?;
        let mut browser = Self { socket, place: place.clone(), asked: 0 };
        let host = host.unwrap_or(&place.domain).to_owned();
        browser.open(&host).await?;
        browser.send(format!("<auth xmlns='{SASL}' mechanism='ANONYMOUS'/>")).await?;
        let refused = browser
            .until(|answer| match answer.tag_name().name() {
                "success" => Some(None),
                "failure" => Some(Some(words(answer))),
                _ => None,
            })
            .await?;
        if let Some(words) = refused {
            return Err(NotSignedIn::Refused(words));
        }
        browser.open(&host).await?;
        let bind = "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
        browser.ask(None, bind, |_| ()).await?;
        Ok(browser)
    }

    /// May this conference be? The first thing that Jitsi's client asks.
    pub(crate) async fn request(&mut self, room: &str) -> Result<Asked, Lost> {
        let Place { muc, focus, .. } = self.place.clone();
        let payload = format!(
            "<conference xmlns='{FOCUS}' room='{room}@{muc}' machine-uid='roomkey-probe'/>"
        );
        self.ask(Some(&focus), &payload, |answer| {
            let conference =
                answer.children().find(|child| child.has_tag_name((FOCUS, "conference")));
            match conference {
                Some(conference) if conference.attribute("ready") == Some("true") => Asked::Granted,
                _ => Asked::Refused {
                    code: answer
                        .descendants()
                        .find(|each| each.has_tag_name((FOCUS, "reservation-error")))
                        .and_then(|error| error.attribute("error-code"))
                        .map(str::to_owned),
                    text: words(answer),
                },
            }
        })
        .await
    }

    /// Enters the room.
    pub(crate) async fn join(
        &mut self,
        room: &str,
        password: Option<&str>,
    ) -> Result<Entered, Lost> {
        self.asked += 1;
        let address = format!("{room}@{}", self.place.muc);
        let key = password.map(|key| format!("<password>{key}</password>")).unwrap_or_default();
        self.send(format!(
            "<presence xmlns='{CLIENT}' to='{address}/probe{}'><x xmlns='{MUC}'>{key}</x>\
             <nick xmlns='http://jabber.org/protocol/nick'>Probe</nick></presence>",
            self.asked
        ))
        .await?;
        self.until(|stanza| {
            let from = stanza.attribute("from").and_then(|from| from.split('/').next());
            if !stanza.has_tag_name((CLIENT, "presence")) || from != Some(&address) {
                return None;
            }
            if stanza.attribute("type") == Some("error") {
                let has =
                    |name: &str| stanza.descendants().any(|each| each.tag_name().name() == name);
                return Some(Entered::Refused {
                    condition: condition(stanza),
                    has_lobby: has("lobbyroom"),
                });
            }
            let own = stanza.descendants().any(|each| {
                each.tag_name().name() == "status" && each.attribute("code") == Some("110")
            });
            let owner = stanza.descendants().any(|each| {
                each.tag_name().name() == "item" && each.attribute("affiliation") == Some("owner")
            });
            own.then_some(Entered::Joined { is_moderator: owner })
        })
        .await
    }

    /// Whether the room makes this end its moderator, now or within the moment that Jicofo takes for it.
    pub(crate) async fn becomes_moderator(&mut self, room: &str) -> Result<bool, Lost> {
        let address = format!("{room}@{}/probe{}", self.place.muc, self.asked);
        let made = self.until(|stanza| {
            let mine = stanza.attribute("from") == Some(address.as_str());
            let owner =
                stanza.descendants().any(|each| each.attribute("affiliation") == Some("owner"));
            (mine && owner).then_some(())
        });
        match timeout(Duration::from_secs(3), made).await {
            Err(_) => Ok(false),
            Ok(made) => made.map(|()| true),
        }
    }

    async fn open(&mut self, host: &str) -> Result<(), Lost> {
        self.send(format!("<open xmlns='{FRAMING}' to='{host}' version='1.0'/>")).await?;
        self.until(|frame| (frame.tag_name().name() == "features").then_some(())).await
    }

    /// An IQ and its answer.
    async fn ask<T>(
        &mut self,
        to: Option<&str>,
        payload: &str,
        read: impl Fn(Node<'_, '_>) -> T,
    ) -> Result<T, Lost> {
        self.asked += 1;
        let id = format!("probe-{}", self.asked);
        let to = to.map(|to| format!(" to='{to}'")).unwrap_or_default();
        self.send(format!("<iq xmlns='{CLIENT}' type='set' id='{id}'{to}>{payload}</iq>")).await?;
        self.until(|stanza| {
            let is_answer =
                stanza.tag_name().name() == "iq" && stanza.attribute("id") == Some(id.as_str());
            is_answer.then(|| read(stanza))
        })
        .await
    }

    async fn send(&mut self, text: String) -> Result<(), Lost> {
        self.socket.send(Message::Text(text.into())).await.map_err(|_| Lost::Closed)
    }

    /// Reads until something is what is waited for.
    async fn until<T>(
        &mut self,
        mut wanted: impl FnMut(Node<'_, '_>) -> Option<T>,
    ) -> Result<T, Lost> {
        timeout(PATIENCE, async {
            loop {
                let text = match self.socket.next().await {
                    Some(Ok(Frame::Text(text))) => text,
                    Some(Ok(Frame::Ping(data))) => {
                        let _ = self.socket.send(Message::Pong(data)).await;
                        continue;
                    }
                    Some(Ok(Frame::Close(_))) | None => return Err(Lost::Closed),
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return Err(Lost::Garbled(error.to_string())),
                };
                let garbled = |error: &dyn std::fmt::Display| Lost::Garbled(error.to_string());
                let text = std::str::from_utf8(&text).map_err(|error| garbled(&error))?;
                let document = Document::parse(text).map_err(|error| garbled(&error))?;
                if document.root_element().has_tag_name((FRAMING, "close")) {
                    return Err(Lost::Closed);
                }
                if let Some(found) = wanted(document.root_element()) {
                    return Ok(found);
                }
            }
        })
        .await
        .map_err(|_| Lost::Silence)?
    }
}

/// The words of an error, else its condition.
fn words(stanza: Node<'_, '_>) -> String {
    let text = stanza.descendants().find(|each| each.tag_name().name() == "text");
    text.and_then(|text| text.text()).map_or_else(|| condition(stanza), str::to_owned)
}

fn condition(stanza: Node<'_, '_>) -> String {
    let is_one = |each: &Node<'_, '_>| {
        let space = each.tag_name().namespace();
        (space == Some(STANZAS) || space == Some(SASL))
            && !["text", "failure"].contains(&each.tag_name().name())
    };
    let found = stanza.descendants().find(is_one);
    found.map_or("refused", |each| each.tag_name().name()).to_owned()
}
