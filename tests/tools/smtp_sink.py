"""An SMTP server that keeps each mail it accepts as DIR/NNNNNN.eml, whole or not at all, and fails when it is told to.

Usage: smtp_sink.py DIR [--port N] [--tls starttls|smtps] [--auth USER:PASSWORD]
Prints its port on 127.0.0.1, then serves until it is killed. With --tls it makes a certificate for localhost and
127.0.0.1; its authority's certificate is DIR/ca.pem. With --auth nothing is taken from anybody else.

DIR/events.jsonl gets a line for each RCPT and each DATA that came. DIR/faults.json, read again whenever it changes, is
a list of faults; the first that fits is used, at most `times` times (without `times`: always):
  {"at": "rcpt" or "data", "to": ADDRESS (any if left out),
   "delay": SECONDS before the answer, "reply": "450 try later" instead of acceptance, "cut": true}
`cut` accepts and keeps the mail, then drops the connection before the answer.
"""

import argparse
import asyncio
import itertools
import json
import os
import ssl

import trustme
from aiosmtpd.smtp import SMTP, AuthResult

arguments = argparse.ArgumentParser()
arguments.add_argument("spool")
arguments.add_argument("--port", type=int, default=0)
arguments.add_argument("--tls", choices=["starttls", "smtps"])
arguments.add_argument("--auth")
options = arguments.parse_args()


class Faults:
    path = os.path.join(options.spool, "faults.json")
    rules, changed = [], None

    def find(self, at, recipient):
        try:
            changed = os.stat(self.path).st_mtime_ns
        except FileNotFoundError:
            return {}
        if changed != self.changed:
            with open(self.path, encoding="utf-8") as file:
                self.rules, self.changed = json.load(file), changed
        for rule in self.rules:
            if rule["at"] == at and rule.get("to", recipient) == recipient and rule.get("times", 1) > 0:
                if "times" in rule:
                    rule["times"] -= 1
                return rule
        return {}


class Keep:
    numbers = itertools.count(1 + len([name for name in os.listdir(options.spool) if name.endswith(".eml")]))
    faults = Faults()

    def note(self, at, recipient, session):
        event = {
            "at": at,
            "to": recipient,
            "encrypted": session.ssl is not None or options.tls == "smtps",
            "user": session.auth_data.login.decode() if session.auth_data else None,
        }
        with open(os.path.join(options.spool, "events.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(event) + "\n")

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        self.note("rcpt", address, session)
        fault = self.faults.find("rcpt", address)
        await asyncio.sleep(fault.get("delay", 0))
        if "reply" in fault:
            return fault["reply"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        recipient = envelope.rcpt_tos[0]
        self.note("data", recipient, session)
        fault = self.faults.find("data", recipient)
        await asyncio.sleep(fault.get("delay", 0))
        if "reply" in fault:
            return fault["reply"]
        name = os.path.join(options.spool, f"{next(self.numbers):06}")
        with open(name + ".part", "wb") as file:
            file.write(envelope.original_content)
        os.rename(name + ".part", name + ".eml")
        if fault.get("cut"):
            server.transport.abort()
        return "250 kept"


def authenticate(server, session, envelope, mechanism, data):
    given = f"{data.login.decode()}:{data.password.decode()}"
    # Not `handled`: aiosmtpd shall answer 535 itself.
    return AuthResult(success=given == options.auth, handled=False, auth_data=data)


def certificate():
    authority = trustme.CA()
    authority.cert_pem.write_to_path(os.path.join(options.spool, "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
    return context


async def serve():
    context = certificate() if options.tls else None
    starttls = options.tls == "starttls"

    def protocol():
        return SMTP(
            Keep(),
            hostname="sink.example",
            tls_context=context if starttls else None,
            require_starttls=starttls,
            authenticator=authenticate if options.auth else None,
            auth_required=bool(options.auth),
            auth_require_tls=starttls,
        )

    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        protocol, "127.0.0.1", options.port, ssl=context if options.tls == "smtps" else None
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
