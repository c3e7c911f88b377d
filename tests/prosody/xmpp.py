"""The XMPP ends of a meeting, as far as signalling goes: what a browser says, and what Jicofo says."""

import asyncio
import base64
import hashlib
import itertools
import urllib.parse
import uuid
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

import websockets

BIND = "urn:ietf:params:xml:ns:xmpp-bind"
FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
FOCUS = "http://jitsi.org/protocol/focus"
MUC = "http://jabber.org/protocol/muc"
MUC_USER = MUC + "#user"
NICK = "http://jabber.org/protocol/nick"
SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"

# How long an answer may take on a busy machine; the reservations API may be asked four times for one.
PATIENCE = 30


def name_of(element):
    """An element's name without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


def error_of(stanza):
    """The error of a stanza as plain data, None if it has none."""
    error = next((child for child in stanza if name_of(child) == "error"), None)
    if error is None:
        return None
    found = {"condition": None, "text": None, "code": None, "lobby": None}
    for child in [*error, *stanza]:
        name = name_of(child)
        if child.tag == f"{{{STANZAS}}}text":
            found["text"] = child.text
        elif child.tag.startswith(f"{{{STANZAS}}}"):
            found["condition"] = name
        elif name == "reservation-error":
            found["code"] = child.get("error-code")
        elif name == "lobbyroom":
            found["lobby"] = child.text
    return found


class NotSignedIn(Exception):
    """The server refused the sign-in, in these words."""


class Stream:
    """One XML stream over TCP."""

    def __init__(self, port, header):
        self.port, self.header = port, header

    async def connect(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return await self.open()

    async def open(self):
        """Begins the stream, or begins it anew after signing in; gives the server's own header."""
        self.parser = ET.XMLPullParser(["start", "end"])
        self.events, self.depth, self.root = iter(()), 0, None
        self.send(f"<stream:stream {self.header} xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
        return await asyncio.wait_for(self.next(), PATIENCE)

    def send(self, text):
        self.writer.write(text.encode())

    async def next(self):
        """The server's header first, then each of its stanzas; None at the end."""
        while True:
            for event, element in self.events:
                if event == "start":
                    self.depth += 1
                    if self.depth == 1:
                        self.root = element
                        return element
                else:
                    self.depth -= 1
                    if self.depth == 1:
                        self.root.remove(element)
                        return element
            data = await self.reader.read(65536)
            if not data:
                return None
            self.parser.feed(data)
            self.events = self.parser.read_events()

    def close(self):
        self.writer.close()


class WebSocketStream:
    """One XML stream over WebSocket (RFC 7395), as browsers have it; each message is a whole element."""

    def __init__(self, port, domain, query):
        self.url = f"ws://127.0.0.1:{port}/xmpp-websocket?{urllib.parse.urlencode(query)}"
        self.domain, self.outgoing = domain, asyncio.Queue()

    async def connect(self):
        self.socket = await websockets.connect(self.url, subprotocols=["xmpp"], proxy=None)
        self.sending = asyncio.create_task(self.deliver())
        return await self.open()

    async def open(self):
        self.send(f"<open xmlns='{FRAMING}' to='{self.domain}' version='1.0'/>")
        return await asyncio.wait_for(self.next(), PATIENCE)

    async def deliver(self):
        while True:
            await self.socket.send(await self.outgoing.get())

    def send(self, text):
        # A frame stands alone: what TCP says once for all, each of its stanzas says here.
        for name in ("iq", "presence"):
            text = text.replace(f"<{name} ", f"<{name} xmlns='jabber:client' ", 1)
        self.outgoing.put_nowait(text)

    async def next(self):
        try:
            return ET.fromstring(await self.socket.recv())
        except websockets.ConnectionClosed:
            return None

    def close(self):
        self.sending.cancel()


class Participant:
    """Somebody's browser: signs in without a name or with a token, asks for the conference, joins its room."""

    def __init__(self, ports, domain, token=None, host=None):
        self.domain, self.host = domain, host or domain
        if token is None:
            self.stream = Stream(ports.clients, f"xmlns='jabber:client' to='{self.host}'")
        else:
            self.stream = WebSocketStream(ports.web, self.host, {"token": token} if token else {})
        self.ids = itertools.count(1)
        self.answers = {}
        self.presences = []
        self.news = asyncio.Condition()

    async def connect(self):
        await self.stream.connect()
        await self.stream.next()  # what it offers
        self.stream.send(f"<auth xmlns='{SASL}' mechanism='ANONYMOUS'/>")
        reply = await asyncio.wait_for(self.stream.next(), PATIENCE)
        if name_of(reply) != "success":
            texts = [child.text for child in reply if name_of(child) == "text"]
            raise NotSignedIn(texts[0] if texts else name_of(reply))
        await self.stream.open()
        await self.stream.next()
        self.reading = asyncio.create_task(self.read())
        await self.ask(None, f"<bind xmlns='{BIND}'/>")
        return self

    async def read(self):
        while (stanza := await self.stream.next()) is not None:
            kind = name_of(stanza)
            if kind == "iq" and stanza.get("id") in self.answers:
                self.answers.pop(stanza.get("id")).set_result(stanza)
            elif kind == "presence":
                async with self.news:
                    self.presences.append(stanza)
                    self.news.notify_all()

    async def ask(self, to, payload):
        """Sends an IQ and gives its answer."""
        ident = f"q{next(self.ids)}"
        answer = self.answers[ident] = asyncio.get_running_loop().create_future()
        address = f" to={quoteattr(to)}" if to else ""
        self.stream.send(f"<iq type='set' id='{ident}'{address}>{payload}</iq>")
        return await asyncio.wait_for(answer, PATIENCE)

    async def request(self, room):
        """The first thing a browser asks: may this conference be? Prosody asks the reservations API."""
        address = quoteattr(f"{room}@conference.{self.domain}")
        answer = await self.ask(f"focus.{self.domain}", f"<conference xmlns='{FOCUS}' room={address}/>")
        conference = answer.find(f"{{{FOCUS}}}conference")
        ready = conference is not None and conference.get("ready") == "true"
        return {"granted": ready, "error": error_of(answer)}

    async def join(self, room, password=None):
        """The second: enter its room."""
        address = f"{room}@conference.{self.domain}"
        key = f"<password>{escape(password)}</password>" if password is not None else ""
        seen = len(self.presences)
        self.nick = uuid.uuid4().hex[:8]
        # The lobby asks for a name.
        self.stream.send(
            f"<presence to={quoteattr(f'{address}/{self.nick}')}><x xmlns='{MUC}'>{key}</x>"
            f"<nick xmlns='{NICK}'>Somebody</nick></presence>"
        )

        def outcome():
            for presence in self.presences[seen:]:
                if presence.get("from", "").split("/")[0] != address:
                    continue
                if presence.get("type") == "error":
                    return {"joined": False, "error": error_of(presence)}
                if self.is_own(presence):
                    return {"joined": True, "error": None}
            return None

        return await self.wait(outcome, PATIENCE)

    def leave(self, room):
        address = f"{room}@conference.{self.domain}/{self.nick}"
        self.stream.send(f"<presence type='unavailable' to={quoteattr(address)}/>")

    async def removed(self, seconds):
        """Waits until the room is taken away; gives the reason that is shown."""

        def outcome():
            for presence in self.presences:
                destroyed = presence.find(f"{{{MUC_USER}}}x/{{{MUC_USER}}}destroy")
                if presence.get("type") == "unavailable" and destroyed is not None:
                    return {"reason": destroyed.findtext(f"{{{MUC_USER}}}reason")}
            return None

        return await self.wait(outcome, seconds)

    @staticmethod
    def is_own(presence):
        return any(status.get("code") == "110" for status in presence.iter(f"{{{MUC_USER}}}status"))

    async def wait(self, outcome, seconds):
        async def until():
            async with self.news:
                await self.news.wait_for(lambda: outcome() is not None)

        await asyncio.wait_for(until(), seconds)
        return outcome()

    def close(self):
        self.reading.cancel()
        self.stream.close()


class Focus:
    """A stand-in for Jicofo: makes the room by joining it, says that the conference is ready, and leaves an empty room.

    Jicofo is two things to Prosody: the address that requests go to, and a user who sits in the rooms.
    """

    GRACE = 0.3

    def __init__(self, port, domain, secret):
        self.port, self.secret = port, secret
        self.address, self.user = f"focus.{domain}", f"focus@auth.{domain}"
        self.rooms = {}

    async def start(self):
        self.desk = await self.component(self.address)
        self.seat = await self.component(self.user.split("@")[1])
        self.tasks = [asyncio.create_task(self.serve(self.desk)), asyncio.create_task(self.serve(self.seat))]
        return self

    async def component(self, host):
        """A connection as an external component (XEP-0114)."""
        stream = Stream(self.port, f"xmlns='jabber:component:accept' to='{host}'")
        header = await stream.connect()
        digest = hashlib.sha1((header.get("id") + self.secret).encode()).hexdigest()
        stream.send(f"<handshake>{digest}</handshake>")
        reply = await asyncio.wait_for(stream.next(), PATIENCE)
        assert name_of(reply) == "handshake", ET.tostring(reply)
        return stream

    async def serve(self, stream):
        while (stanza := await stream.next()) is not None:
            kind = name_of(stanza)
            conference = stanza.find(f"{{{FOCUS}}}conference")
            if kind == "iq" and conference is not None:
                self.requested(stanza, conference.get("room"))
            elif kind == "presence":
                self.seen(stanza)

    def requested(self, request, room):
        if room not in self.rooms:
            self.rooms[room] = {"open": False, "waiting": [], "people": set()}
            self.seat.send(f"<presence from='{self.user}/focus' to={quoteattr(room + '/focus')}><x xmlns='{MUC}'/></presence>")
        if self.rooms[room]["open"]:
            self.ready(request, room)
        else:
            self.rooms[room]["waiting"].append(request)

    def ready(self, request, room):
        self.desk.send(
            f"<iq type='result' id={quoteattr(request.get('id'))} from='{self.address}' to={quoteattr(request.get('from'))}>"
            f"<conference xmlns='{FOCUS}' ready='true' room={quoteattr(room)} focusjid='{self.user}'/></iq>"
        )

    def seen(self, presence):
        room, _, nick = presence.get("from").partition("/")
        state = self.rooms.get(room)
        if state is None:
            return
        gone = presence.get("type") in ("unavailable", "error")
        if nick == "focus" and gone:
            del self.rooms[room]
        elif nick == "focus":
            state["open"] = True
            while state["waiting"]:
                self.ready(state["waiting"].pop(), room)
        elif gone:
            state["people"].discard(nick)
            asyncio.get_running_loop().call_later(self.GRACE, self.leave_if_empty, room)
        else:
            state["people"].add(nick)

    def leave_if_empty(self, room):
        if room in self.rooms and not self.rooms[room]["people"]:
            self.seat.send(f"<presence type='unavailable' from='{self.user}/focus' to={quoteattr(room + '/focus')}/>")
            del self.rooms[room]

    def stop(self):
        for task in self.tasks:
            task.cancel()
        self.desk.close()
        self.seat.close()
