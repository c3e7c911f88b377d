"""Bookable slots and the reasons for refusals, computed the slow and simple way, as a second opinion on the engine.

Written from the rules alone, on another calendar (`zoneinfo`): every start on a grid is asked, one by one, why it
should be refused; those without a reason are the slots. Reads one question a line (JSON) on stdin and writes its
answer, one a line: `{"slots": [[start in epoch minutes, seats left or null], ...], "explain": [[code, ...], ...]}`.
`--zone-data` prints the version of the zone data instead, which must be the engine's.

Time is counted in whole microseconds: an *instant* since the epoch, a *wall* time since 1970-01-01T00:00 on the
calendar of the question's zone, or of its time off's own. The two never mix but in the functions of the first part.
"""

import json
import sys
import zoneinfo
from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

import tzdata

# The package's pinned zone data, never the machine's.
zoneinfo.reset_tzpath(())

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE
MICROSECOND = timedelta(microseconds=1)
ONE_DAY = timedelta(days=1)

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
WALL_EPOCH = datetime(1970, 1, 1)

# A date's ranges end by the end of the next date, and a date may be missing (Apia, 2011): two either side will do.
MARGIN = 2 * ONE_DAY

PERIODS = ["day", "week", "month", "year"]
MEASURES = ["bookings", "minutes"]


# --- Walls and instants -----------------------------------------------------------------------------------------


def wall_of(moment):
    """A naive `datetime` as a wall time."""
    return (moment - WALL_EPOCH) // MICROSECOND


def midnight(day):
    """The wall time 00:00 of a date, whether or not the clock ever shows it."""
    return (day - WALL_EPOCH.date()).days * DAY


def local(zone, instant):
    return (EPOCH + timedelta(microseconds=instant)).astimezone(zone)


def wall_at(zone, instant):
    """What a clock on the wall shows."""
    return wall_of(local(zone, instant).replace(tzinfo=None))


@lru_cache(maxsize=100_000)
def date_at(zone, instant):
    return local(zone, instant).date()


def offset(zone, wall, fold):
    moment = WALL_EPOCH + timedelta(microseconds=wall)
    return moment.replace(tzinfo=zone, fold=fold).utcoffset() // MICROSECOND


def readings(zone, wall):
    """`wall` as an instant by the offset before and by the one after, where the clocks change near (PEP 495)."""
    return [wall - offset(zone, wall, fold) for fold in (0, 1)]


@lru_cache(maxsize=100_000)
def quiet_offset(zone, day):
    """The one offset of a date, or None if the clocks change on it or on a date beside it.

    Only for speed. No zone changes its clocks and back within three days in the years asked about.
    """
    offsets = {offset(zone, (day + near) * DAY, 0) for near in (-1, 0, 1, 2)}
    return offsets.pop() if len(offsets) == 1 else None


@lru_cache(maxsize=100_000)
def instants_by_round_trip(zone, wall):
    return sorted({instant for instant in readings(zone, wall) if wall_at(zone, instant) == wall})


def instants_showing(zone, wall):
    """The instants at which the clock shows `wall`, in order: none in a gap, two in a fold."""
    quiet = quiet_offset(zone, wall // DAY)
    return instants_by_round_trip(zone, wall) if quiet is None else [wall - quiet]


@lru_cache(maxsize=100_000)
def transition(zone, wall):
    """The instant at which the clock jumps over `wall`, which lies in a gap."""
    early, late = sorted(readings(zone, wall))
    moments = range(early, late + 1, SECOND)
    return moments[bisect_left(moments, wall, key=lambda instant: wall_at(zone, instant))]


def opening(zone, wall):
    """The instant that a `from` means: the earlier in a fold, the transition in a gap."""
    showing = instants_showing(zone, wall)
    return showing[0] if showing else transition(zone, wall)


def closing(zone, wall):
    """The instant that a `to` means: the later in a fold, the transition in a gap."""
    showing = instants_showing(zone, wall)
    return showing[-1] if showing else transition(zone, wall)


def start_of_date(zone, day):
    """A date's first instant; of a date that does not exist, the transition that jumps over it."""
    return opening(zone, midnight(day))


# --- Opening hours ----------------------------------------------------------------------------------------------


class Hours(NamedTuple):
    """What the schedule says of a stretch of dates."""

    spans: list  # the merged open spans, as instants, in order
    starts: set  # the candidates: every instant on a grid


def dates(first, last):
    return (first + timedelta(days=after) for after in range((last - first).days + 1))


def ranges(question, first, last):
    """Every range of the dates `first` to `last`, as wall times."""
    for day in dates(first, last):
        for start, end in question["overrides"].get(day.isoformat(), question["weekly"][day.weekday()]):
            yield midnight(day) + start * MINUTE, midnight(day) + end * MINUTE


def as_instants(zone, walls):
    """Pairs of wall times as half-open spans of instants, without those of which nothing is left (in a gap)."""
    spans = ((opening(zone, start), closing(zone, end)) for start, end in walls)
    return [(start, end) for start, end in spans if start < end]


def merged(spans):
    """Spans in order, with those that overlap or touch made one."""
    union = []
    for start, end in sorted(spans):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def grid(question, zone, walls):
    """Every instant on the local grid of one of the ranges."""
    step, shift = question["increment"] * MINUTE, question["offset"] * MINUTE
    return {
        instant
        for start, end in walls
        for wall in range(start + shift, end, step)
        for instant in instants_showing(zone, wall)
    }


def hours(question, zone, begin, until):
    """The hours of all dates that may matter between two instants."""
    walls = list(ranges(question, date_at(zone, begin) - MARGIN, date_at(zone, until) + MARGIN))
    return Hours(merged(as_instants(zone, walls)), grid(question, zone, walls))


def is_open(spans, start, end):
    """Whether one of the merged spans holds all of `[start, end)`."""
    at = bisect_right(spans, start, key=itemgetter(0)) - 1
    return at >= 0 and end <= spans[at][1]


def overlaps(start, end, spans):
    """Whether `[start, end)` shares an instant with a half-open span; an empty one has none to share."""
    return any(start < span_end and span_start < end and span_start < span_end for span_start, span_end in spans)


# --- Window -----------------------------------------------------------------------------------------------------


def nth_business_day(today, count):
    """The `count`-th date of Monday to Friday after today; today itself for none."""
    day = today
    while count:
        day += ONE_DAY
        count -= day.isoweekday() <= 5
    return day


def window_dates(window, today):
    """The first and the last date on which a slot may start; a first one only where the host names dates."""
    if "dates" in window:
        first, last = map(date.fromisoformat, window["dates"])
        return first, last
    if "days" in window:
        return None, today + timedelta(days=window["days"])
    return None, nth_business_day(today, window["business_days"])


# --- Limits -----------------------------------------------------------------------------------------------------


@lru_cache(maxsize=100_000)
def period_of(name, week_start, day):
    """The period in which a date lies, as something to compare."""
    if name == "day":
        return day
    if name == "week":
        return day - timedelta(days=(day.isoweekday() - week_start) % 7)
    if name == "month":
        return day.year, day.month
    return day.year


class Limit:
    """At most so many bookings, or so many minutes of them, in a period of local dates."""

    def __init__(self, limit, question, zone):
        self.period, self.of = limit["period"], limit["of"]
        self.week_start, self.zone = question["week_start"], zone
        self.most = limit["most"] if self.of == "bookings" else limit["most"] * MINUTE
        self.used = Counter()
        for booking in question["bookings"]:
            if booking["own"]:
                self.used[self._period(booking["start"])] += self._weight(booking["start"], booking["end"])

    @property
    def code(self):
        return f"limit:{self.period}:{self.of}"

    @property
    def rank(self):
        return PERIODS.index(self.period), MEASURES.index(self.of)

    def _period(self, start):
        return period_of(self.period, self.week_start, date_at(self.zone, start))

    def _weight(self, start, end):
        """What a booking uses up. Elapsed time stays in microseconds, so that nothing is rounded."""
        return 1 if self.of == "bookings" else end - start

    def is_reached(self, start, end, joined):
        """Whether `[start, end)` is too much; the session it would join, of the same span, is not counted."""
        weight = self._weight(start, end)
        used = self.used[self._period(start)] - (weight if joined else 0)
        return used + weight > self.most


# --- Bookings ---------------------------------------------------------------------------------------------------


def sessions(question):
    """A seated type's own sessions, by their span."""
    if question["seats"] is None:
        return {}
    return {
        (booking["start"], booking["end"]): booking
        for booking in question["bookings"]
        if booking["own"] and booking["seats_left"] is not None
    }


def conflicts(start, end, question, booking):
    """Whether two bookings have less between them than the larger of the two buffers that meet there."""
    gap_before = MINUTE * max(booking["after"], question["before"])
    gap_after = MINUTE * max(question["after"], booking["before"])
    return start < booking["end"] + gap_before and booking["start"] < end + gap_after


# --- The question -----------------------------------------------------------------------------------------------


class Asked:
    """One question, with what is the same for all its candidates worked out once."""

    def __init__(self, question):
        self.question = question
        self.zone = zoneinfo.ZoneInfo(question["zone"])
        self.duration = question["duration"] * MINUTE
        self.now = question["now"]
        self.noticed = self.now + question["notice"] * MINUTE
        first, last = window_dates(question["window"], date_at(self.zone, self.now))
        self.window_opens = start_of_date(self.zone, first) if first else None
        self.window_closes = start_of_date(self.zone, last + ONE_DAY)
        self.time_off = [span for off in question["time_off"] for span in self._time_off(off)]
        self.limits = [Limit(limit, question, self.zone) for limit in question["limits"]]
        self.limits.sort(key=lambda limit: limit.rank)
        self.sessions = sessions(question)

    @staticmethod
    def _time_off(off):
        """The instants of a time off, which is meant in a zone of its own: one span, or none."""
        walls = tuple(wall_of(datetime.fromisoformat(off[edge])) for edge in ("from", "to"))
        return as_instants(zoneinfo.ZoneInfo(off["zone"]), [walls])

    def refusals(self, start, hours_near):
        """Every reason, in order, not to offer this start."""
        question = self.question
        end = start + self.duration
        session = self.sessions.get((start, end))

        if start < self.now:
            yield "past"
        if self.now <= start < self.noticed:
            yield "notice"
        if self.window_opens is not None and start < self.window_opens:
            yield "before_window"
        if start >= self.window_closes:
            yield "beyond_window"
        if overlaps(start, end, self.time_off):
            yield "time_off"
        if not is_open(hours_near.spans, start, end):
            yield "outside_hours"
        elif start not in hours_near.starts:
            yield "off_grid"
        has_room = session is not None and session["seats_left"] > 0
        others = (booking for booking in question["bookings"] if booking is not session or not has_room)
        if any(conflicts(start, end, question, booking) for booking in others):
            yield "taken"
        before, after = question["before"] * MINUTE, question["after"] * MINUTE
        if overlaps(start - before, end + after, question["external"]):
            yield "busy"
        for limit in self.limits:
            if limit.is_reached(start, end, joined=session is not None):
                yield limit.code

    def is_offered(self, start, hours_near):
        return next(self.refusals(start, hours_near), None) is None

    def seats_left(self, start):
        session = self.sessions.get((start, start + self.duration))
        return session["seats_left"] if session else self.question["seats"]

    def slots(self):
        begin, until = self.question["from"], self.question["to"]
        near = hours(self.question, self.zone, begin, until + self.duration)
        starts = sorted(start for start in near.starts if begin <= start < until)
        return [[start // MINUTE, self.seats_left(start)] for start in starts if self.is_offered(start, near)]

    def explain(self, start):
        return list(self.refusals(start, hours(self.question, self.zone, start, start + self.duration)))


def answer(question):
    asked = Asked(question)
    return {"slots": asked.slots(), "explain": [asked.explain(start) for start in question["explain"]]}


def main():
    if sys.argv[1:] == ["--zone-data"]:
        print(tzdata.IANA_VERSION)
        return
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))))


if __name__ == "__main__":
    main()
