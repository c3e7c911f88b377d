"""Bookable slots, computed the slow and simple way, as a second opinion on the slot engine.

Written from the rules alone, on another calendar (`zoneinfo`): availability is a set of minutes, and every
question is asked minute by minute. Reads one case a line (JSON) on stdin and writes its slots' starts, in epoch
minutes, one list a line. `--zone-data` prints the version of the zone data instead, which must be the engine's.
"""

import json
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone
from functools import cache

import tzdata

# The package's pinned zone data, never the machine's.
zoneinfo.reset_tzpath(())

MINUTE = 60_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
DAY = timedelta(days=1)


def epoch_minute(moment):
    return int(moment.timestamp()) // 60


def moment_of(micros):
    return EPOCH + timedelta(microseconds=micros)


def wall_at(zone, minute):
    """What a clock on the wall shows."""
    return (EPOCH + timedelta(minutes=minute)).astimezone(zone).replace(tzinfo=None)


@cache
def minutes_showing(zone, wall):
    """The epoch minutes at which the clock shows `wall`: none in a gap, two in a fold."""
    found = {epoch_minute(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1)}
    if len(found) == 1:  # no change of the clocks near (PEP 495)
        return list(found)
    return sorted(minute for minute in found if wall_at(zone, minute) == wall)


@cache
def edge(zone, wall, pick):
    """The one minute that a range's edge means: `pick` chooses in a fold; in a gap it is the transition."""
    showing = minutes_showing(zone, wall)
    if showing:
        return pick(showing)
    minute = epoch_minute(wall.replace(tzinfo=zone, fold=1))
    while wall_at(zone, minute) < wall:
        minute += 1
    return minute


def ranges(case, zone, first, last):
    """Every range of the local dates `first` to `last`: its two edges in wall time."""
    day = first
    while day <= last:
        hours = case["overrides"].get(day.isoformat(), case["weekly"][day.weekday()])
        midnight = datetime(day.year, day.month, day.day)
        for start, end in hours:
            yield midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)
        day += DAY


def too_close(start, end, case, booking):
    """Whether two bookings have less between them than the larger of the two buffers that meet there."""
    if start >= booking["end"]:
        return start - booking["end"] < MINUTE * max(booking["after"], case["before"])
    if end <= booking["start"]:
        return booking["start"] - end < MINUTE * max(case["after"], booking["before"])
    return True


def slots(case):
    zone = zoneinfo.ZoneInfo(case["zone"])
    begin, until = case["from"], case["to"]
    first = moment_of(begin).astimezone(zone).date() - 2 * DAY
    last = moment_of(until).astimezone(zone).date() + 2 * DAY

    base = begin // MINUTE - 5 * 1440
    is_open = bytearray((until - begin) // MINUTE + 12 * 1440)
    candidates = set()
    for opens, closes in ranges(case, zone, first, last):
        start, end = edge(zone, opens, min) - base, edge(zone, closes, max) - base
        is_open[start:end] = b"\1" * (end - start)
        wall = opens
        while wall < closes:
            candidates.update(minutes_showing(zone, wall))
            wall += timedelta(minutes=case["increment"])

    last_date = moment_of(case["now"]).astimezone(zone).date() + timedelta(days=case["window_days"])

    def bookable(minute):
        start, end = minute * MINUTE, (minute + case["duration"]) * MINUTE
        return (
            begin <= start < until
            and start >= case["now"] + case["notice"] * MINUTE
            and wall_at(zone, minute).date() <= last_date
            and all(is_open[minute - base : minute - base + case["duration"]])
            and not any(too_close(start, end, case, booking) for booking in case["bookings"])
        )

    return sorted(filter(bookable, candidates))


def main():
    if sys.argv[1:] == ["--zone-data"]:
        print(tzdata.IANA_VERSION)
        return
    for line in sys.stdin:
        print(json.dumps(slots(json.loads(line))))


if __name__ == "__main__":
    main()
