"""Following entries whose record and id say nothing: by what they say, and where.

Every line without an entry is compared with the entries without a line that are where it is, between the same
matched neighbours, and with those anywhere that share most with it; the better pairs are taken first. The farther away
an entry was, the more alike the texts must be: taking one conversation for another is worse than not
recognising one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from rtstore.compare.identity.matching import Matching, Stretch
from rtstore.compare.identity.proposals import Proposal, Proposals
from rtstore.compare.identity.sketchbook import Sketchbook
from rtstore.compare.identity.unmistakable import unmistakable

#: Where there are at least so many lines and entries, those that are unmistakable are looked for first.
MANY: Final = 32
#: So many lines at most are looked at together; of more, those in the same part of both versions.
WINDOW: Final = 1 << 16
#: What is paired makes neighbours for what is not: that is looked at again, so often.
ROUNDS: Final = 3
#: So many texts of each version tell what is usual; fewer where little is to be compared.
SAMPLE: Final = 1024
SAMPLE_ALWAYS: Final = 32


def follow(matching: Matching) -> None:
    """Steps 3 and 4: match lines with the entries they are versions of."""
    # Where hardly anything is as it was, neighbours are few and may be chance: so first without them.
    for stretches in (matching.runs, matching.stretches):
        for stretch in stretches():
            if min(map(len, stretch)) >= MANY:
                _match_unmistakable(matching, stretch)
    rest = matching.stretches()
    possible = min(_counts(rest))
    if possible:
        sketches = Sketchbook(matching, min(SAMPLE, SAMPLE_ALWAYS + possible))
        _match_similar(matching, sketches, rest)


def _match_unmistakable(matching: Matching, stretch: Stretch) -> None:
    pairs = unmistakable(
        lambda number: matching.texts.known(*stretch.known[number]),
        len(stretch.known),
        lambda number: matching.texts.line(*stretch.lines[number]),
        len(stretch.lines),
    )
    for old, new in pairs:
        matching.match(stretch.lines[new], stretch.known[old])


def _match_similar(matching: Matching, sketches: Sketchbook, stretches: Sequence[Stretch]) -> None:
    for _ in range(ROUNDS):
        found = 0
        windows = -(-max(_counts(stretches)) // WINDOW)
        for window in _windows(stretches, windows):
            if windows > 1:
                sketches.forget()
            found += _match_best(matching, sketches, Proposals(matching, sketches, window))
        if not found:
            break
        stretches = matching.stretches()


def _match_best(matching: Matching, sketches: Sketchbook, proposals: Iterable[Proposal]) -> int:
    """Match the better pairs before the worse ones; return how many."""
    found = 0
    for proposal in sorted(proposals):
        line, known = proposal.line, proposal.known
        if (
            matching.is_open(line)
            and matching.is_free(known)
            and (not proposal.must_stand_out or sketches.stands_out(line, known))
        ):
            matching.match(line, known)
            found += 1
    return found


def _counts(stretches: Sequence[Stretch]) -> tuple[int, int]:
    """Return how many lines and how many entries some stretches have."""
    return sum(len(each.lines) for each in stretches), sum(len(each.known) for each in stretches)


def _windows(stretches: Sequence[Stretch], count: int) -> Iterator[list[Stretch]]:
    """Yield ``count`` parts of stretches, each from the same part of all lines and of all entries."""
    totals = _counts(stretches)
    for part in range(count):
        low, high = ([total * n // count for total in totals] for n in (part, part + 1))
        window = []
        lines = known = 0
        for stretch in stretches:
            cut = Stretch(
                stretch.lines[max(low[0] - lines, 0) : max(high[0] - lines, 0)],
                stretch.known[max(low[1] - known, 0) : max(high[1] - known, 0)],
            )
            lines += len(stretch.lines)
            known += len(stretch.known)
            if any(cut):
                window.append(cut)
        yield window
