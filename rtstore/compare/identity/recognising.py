"""Recognising entries by what says so outright: the same record, or the id that a line claims.

Where several entries have the same record, nothing in it tells which is which, but their neighbours do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from rtstore.compare.identity.matching import Matching, Place, Stretch
from rtstore.formats.heads import NO_CLAIM

#: The records of known entries are looked into for the ids they claim while no more of them are left than this.
FAR: Final = 1 << 16


def by_record(matching: Matching) -> None:
    """Step 1: match lines with known entries of the same record."""
    for number, gap in enumerate(matching.gaps):
        if gap.records == gap.known.records:
            matching.match_all(number)
    _match_beside(matching)
    _match_unique(matching)
    if _shared(matching):
        _match_beside(matching)
        for stretch in matching.stretches():
            _match_at_same_place(matching, stretch)
            _match_in_order(matching, stretch.lines, stretch.known)
        _match_in_order(matching, matching.open_lines(), matching.free_known())


def _match_beside(matching: Matching) -> None:
    """Match lines with the entries beside those that the lines beside them are."""
    for number, gap in enumerate(matching.gaps):
        if None not in matching.matched[number]:
            continue
        # Beyond its ends, a gap has the same neighbours as ever.
        _walk(matching, number, range(len(gap)), (number, -1), 1)
        _walk(matching, number, range(len(gap) - 1, -1, -1), (number, len(gap.known)), -1)


def _walk(matching: Matching, number: int, lines: Iterable[int], beside: Place | None, step: int) -> None:
    record, gaps = matching.gaps[number].record, matching.gaps
    for line in lines:
        at = matching.matched[number][line]
        if at is None and beside is not None:
            gap, index = beside[0], beside[1] + step
            if (
                0 <= index < len(gaps[gap].known)
                and gaps[gap].known_record(index) == record(line)
                and matching.is_free((gap, index))
            ):
                at = (gap, index)
                matching.match((number, line), at)
        beside = at


def _match_unique(matching: Matching) -> None:
    """Match lines and entries whose record no others of the gaps have."""
    known = _unique((_known_record(matching, place), place) for place in matching.free_known())
    lines = _unique((_record(matching, place), place) for place in matching.open_lines())
    for record, line in lines.items():
        if record in known:
            matching.match(line, known[record])


def _unique(places: Iterable[tuple[bytes, Place]]) -> dict[bytes, Place]:
    """Return the places by record, of those that have one of their own."""
    found: dict[bytes, Place] = {}
    twice: set[bytes] = set()
    for record, place in places:
        if found.setdefault(record, place) is not place:
            twice.add(record)
    for record in twice:
        del found[record]
    return found


def _shared(matching: Matching) -> bool:
    """Tell whether any open line has the record of a free entry."""
    records = {_known_record(matching, place) for place in matching.free_known()}
    return any(_record(matching, place) in records for place in matching.open_lines())


def _match_at_same_place(matching: Matching, stretch: Stretch) -> None:
    """Match what is as far from the beginning of a stretch as before, then what is as far from its end."""
    for shift in (0, len(stretch.known) - len(stretch.lines)):
        for line, known in zip(stretch.lines[max(0, -shift) :], stretch.known[max(0, shift) :], strict=False):
            if (
                matching.is_open(line)
                and matching.is_free(known)
                and _record(matching, line) == _known_record(matching, known)
            ):
                matching.match(line, known)


def _match_in_order(matching: Matching, lines: Iterable[Place], known: Iterable[Place]) -> None:
    """Match the first line that has a record with the first entry that has it, and so on."""
    owners: dict[bytes, list[Place]] = {}
    for place in known:
        if matching.is_free(place):
            owners.setdefault(_known_record(matching, place), []).append(place)
    for equal in owners.values():
        equal.reverse()  # so that pop() gives the first
    for line in lines if owners else ():
        equal = owners.get(_record(matching, line), [])
        if equal and matching.is_open(line):
            matching.match(line, equal.pop())


def _record(matching: Matching, line: Place) -> bytes:
    return matching.gaps[line[0]].record(line[1])


def _known_record(matching: Matching, known: Place) -> bytes:
    return matching.gaps[known[0]].known_record(known[1])


def by_claim(matching: Matching) -> None:
    """Step 2: match lines with the entry whose id they claim, else with the one whose record claimed the same."""
    if not any(len(gap.claims) for gap in matching.gaps):
        return
    gaps = matching.gaps
    _match_claims(
        matching, {gaps[gap].known_entry(index): (gap, index) for gap, index in matching.free_known()}
    )
    free = list(matching.free_known())
    if len(free) <= FAR and any(_claims(matching, line) for line in matching.open_lines()):
        # First owners win, as they do where two lines claim one id.
        _match_claims(matching, {matching.texts.known_claim(*known): known for known in reversed(free)})


def _match_claims(matching: Matching, owners: dict[bytes, Place]) -> None:
    owners.pop(NO_CLAIM, None)
    for line in matching.open_lines():
        known = owners.pop(matching.gaps[line[0]].claim(line[1]), None)
        if known is not None:
            matching.match(line, known)


def _claims(matching: Matching, line: Place) -> bool:
    return matching.gaps[line[0]].claim(line[1]) != NO_CLAIM
