"""A video server that a test drives line by line: a real Prosody with Jitsi's plugins, and people who come and go.

Usage: drive.py PLUGINS DIRECTORY CONFIGURATION
PLUGINS is the folder of Jitsi's Prosody plugins, DIRECTORY an empty one to work in, CONFIGURATION a file with what
`roomkey jitsi config` printed. Says "ready" once everything runs. Then each line of standard input is a JSON object,
and each gets one JSON line back; the end of standard input ends it all.
  {"do": "sign in", "who": W, "token": T, "host": H}      {"signed_in": …, "error": …}; H is another host than the main one
  {"do": "where"}                                         {"web": the port of its WebSocket}
  {"do": "request", "room": R, "who": W}                  may the conference be? {"granted": …, "error": …}
  {"do": "join", "room": R, "who": W, "password": P}      enter its room (no password: without) {"joined": …, "error": …}
  {"do": "leave", "room": R, "who": W}                    {}
  {"do": "removed", "who": W, "seconds": N}               waits until the room is taken away {"reason": …}
An error is {"condition", "text", "code", "lobby"}: XMPP's condition, the text that is shown, the reservation's code, and
the waiting room that was offered. W names a person, who signs in without a token at the first mention.
"""

import asyncio
import json
import pathlib
import signal
import sys

from server import COMPONENT_SECRET, Prosody
from xmpp import Focus, NotSignedIn, Participant


async def lines():
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield json.loads(line)


async def obey(command, person):
    match command["do"]:
        case "request":
            return await person.request(command["room"])
        case "join":
            return await person.join(command["room"], command.get("password"))
        case "leave":
            person.leave(command["room"])
            return {}
        case "removed":
            return await person.removed(command["seconds"])
        case other:
            raise ValueError(f"no such command: {other}")


async def sign_in(people, name, person):
    try:
        people[name] = await person.connect()
        return {"signed_in": True, "error": None}
    except NotSignedIn as refused:
        return {"signed_in": False, "error": str(refused)}


async def main():
    plugins, directory, configuration = sys.argv[1:]
    prosody = Prosody(directory, plugins, pathlib.Path(configuration).read_text(encoding="utf-8"))
    # A test that is killed must not leave a server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        await prosody.start()
        focus = await Focus(prosody.components, prosody.domain, COMPONENT_SECRET).start()
        people = {}
        print("ready", flush=True)
        async for command in lines():
            name = command.get("who")
            if command["do"] == "where":
                print(json.dumps({"web": prosody.ports.web}), flush=True)
                continue
            if command["do"] == "sign in":
                person = Participant(prosody.ports, prosody.domain, command["token"], command.get("host"))
                print(json.dumps(await sign_in(people, name, person)), flush=True)
                continue
            if name and name not in people:
                people[name] = await Participant(prosody.ports, prosody.domain).connect()
            print(json.dumps(await obey(command, people.get(name))), flush=True)
        focus.stop()
    finally:
        prosody.stop()


asyncio.run(main())
