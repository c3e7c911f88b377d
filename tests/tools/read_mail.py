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
from dateutil.rrule import rrulestr


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


def occurrence(parsed, event):
    """One event of a series: what it names, and when its rule has it by the zone that came along."""
    rule, recurrence = event.get("RRULE"), event.get("RECURRENCE-ID")
    zones = {str(each.get("TZID")): each.to_tz(lookup_tzid=False) for each in parsed.walk("VTIMEZONE")}

    def by_own_zone(value):
        moment = value.dt
        name = value.params.get("TZID")
        if name is None:
            return instant(value)
        local = zones[str(name)].localize(moment.replace(tzinfo=None)) if hasattr(
            zones[str(name)], "localize"
        ) else moment.replace(tzinfo=zones[str(name)])
        return local.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    told = {
        "sequence": int(event.get("SEQUENCE", 0)),
        "status": text(event.get("STATUS")),
        "start": by_own_zone(event["DTSTART"]),
        "recurrence_id": None if recurrence is None else by_own_zone(recurrence),
        "url": text(event.get("URL")),
        "instances": None,
    }
    if rule is not None:
        first = event["DTSTART"].dt
        name, zone = event["DTSTART"].params.get("TZID"), first.tzinfo
        wall = rrulestr(rule.to_ical().decode(), dtstart=first.replace(tzinfo=None))
        left_out = event.get("EXDATE", [])
        left_out = left_out if isinstance(left_out, list) else [left_out]
        left_out = {each.dt.replace(tzinfo=None) for dates in left_out for each in dates.dts}
        starts = [each for each in wall if each not in left_out]
        shown = [each.replace(tzinfo=zone).astimezone(timezone.utc) for each in starts]
        told["instances"] = [each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in shown]
        # The zone that came along and the reader's own agree.
        own = zones[str(name)]
        for start, moment in zip(starts, shown):
            local = own.localize(start) if hasattr(own, "localize") else start.replace(tzinfo=own)
            assert local.astimezone(timezone.utc) == moment, f"{start} in {name}"
    return told


def calendar(raw, method_parameter=None):
    parsed = icalendar.Calendar.from_ical(raw)
    events = [each for each in parsed.walk() if each.name == "VEVENT"]
    # A series may come as one event that recurs, and several of its occurrences in one message; nothing else does.
    single = len(events) == 1 or (events and len({str(each.get("UID")) for each in events}) == 1)
    if not single or any("RECURRENCE-ID" not in each for each in events[1:]):
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
        "events": [occurrence(parsed, each) for each in events],
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
