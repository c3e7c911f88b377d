"""Reads .eml (and .ics) files and prints what is in them as JSON: the tests' reader, independent of the product.

Usage: read_mail.py FILE...   (one JSON array on stdout, in the order of the files)
"""

import email
import email.policy
import email.utils
import json
import sys
from datetime import datetime, timezone

import icalendar


def instant(value):
    """A DTSTART/DTEND/DTSTAMP as UTC text."""
    if value is None:
        return None
    moment = value.dt
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        return f"floating or date: {moment}"
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def text(value):
    return None if value is None else str(value)


def person(value):
    if value is None:
        return None
    params = {name.lower(): str(param) for name, param in value.params.items()}
    return {"address": str(value), **params}


def calendar(raw, method_parameter=None):
    parsed = icalendar.Calendar.from_ical(raw)
    events = [each for each in parsed.walk() if each.name == "VEVENT"]
    if len(events) != 1:
        return {"error": f"{len(events)} events"}
    event = events[0]
    attendees = event.get("ATTENDEE", [])
    attendees = attendees if isinstance(attendees, list) else [attendees]
    lines = raw.split(b"\r\n")
    return {
        "method": text(parsed.get("METHOD")),
        "method_parameter": method_parameter,
        "version": text(parsed.get("VERSION")),
        "product": text(parsed.get("PRODID")),
        "uid": text(event.get("UID")),
        "sequence": int(event.get("SEQUENCE", 0)),
        "stamp": instant(event.get("DTSTAMP")),
        "start": instant(event.get("DTSTART")),
        "end": instant(event.get("DTEND")),
        "status": text(event.get("STATUS")),
        "summary": text(event.get("SUMMARY")),
        "description": text(event.get("DESCRIPTION")),
        "location": text(event.get("LOCATION")),
        "url": text(event.get("URL")),
        "organizer": person(event.get("ORGANIZER")),
        "attendees": [person(each) for each in attendees],
        "properties": sorted(event.keys()),
        "errors": [str(each) for each in event.errors],
        "longest_line": max(len(line) for line in lines),
        "bare_line_feeds": raw.replace(b"\r\n", b"").count(b"\n"),
        "raw": raw.decode("utf-8"),
    }


def shape(part):
    if part.is_multipart():
        return [part.get_content_type(), [shape(each) for each in part.iter_parts()]]
    return part.get_content_type()


def read(path):
    with open(path, "rb") as file:
        raw = file.read()
    if path.endswith(".ics"):
        return calendar(raw)
    message = email.message_from_bytes(raw, policy=email.policy.default)
    leaves = [part for part in message.walk() if not part.is_multipart()]
    found = {part.get_content_type(): part for part in reversed(leaves)}
    invite = found.get("text/calendar")
    attached = [part for part in leaves if part.get_filename()]
    content = lambda kind: found[kind].get_content() if kind in found else None
    addresses = lambda name: [each[1] for each in email.utils.getaddresses(message.get_all(name, []))]
    return {
        "file": path,
        "size": len(raw),
        "message_id": text(message["Message-ID"]),
        "from": addresses("From"),
        "from_name": email.utils.parseaddr(message.get("From", ""))[0],
        "to": addresses("To"),
        "reply_to": addresses("Reply-To"),
        "subject": text(message["Subject"]),
        "headers": [[name, str(value)] for name, value in message.items()],
        "text": content("text/plain"),
        "html": content("text/html"),
        "shape": shape(message),
        "calendar": calendar(invite.get_payload(decode=True), invite.get_param("method"))
        if invite is not None
        else None,
        "attachments": [[part.get_content_type(), part.get_filename()] for part in attached],
        "attachment_is_invite": any(
            part.get_payload(decode=True) == invite.get_payload(decode=True) for part in attached
        )
        if invite is not None
        else None,
        "defects": [str(defect) for part in message.walk() for defect in part.defects],
    }


print(json.dumps([read(path) for path in sys.argv[1:]]))
