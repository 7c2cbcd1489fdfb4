"""The findings of records, many at once or one: quickly where that is possible, by the rules where not."""

from __future__ import annotations

from collections.abc import Sequence

from rtstore.curate.validation.findings import LEVELS, Finding, Level
from rtstore.curate.validation.quick import Quick
from rtstore.curate.validation.rules import findings
from rtstore.model.jsontext import loads


class Checker:
    """Checks records of one dataset, down to a level. ``inactive``: the names of its characters that are not active."""

    def __init__(self, level: Level, inactive: Sequence[str] = ()) -> None:
        self._inactive = inactive
        self._quick = Quick(level, inactive)
        self._levels = frozenset(LEVELS[: LEVELS.index(level) + 1])

    def look(self, records: Sequence[bytes]) -> list[Sequence[Finding]]:
        """Return the findings of records, which are JSON texts.

        Raises:
            InputError: one is nested too deep to be read.
        """
        return [
            told and self._counting(told) if told is not None else self.careful(record)
            for record, told in zip(records, self._quick.look(records), strict=True)
        ]

    def careful(self, record: bytes) -> Sequence[Finding]:
        """Return the findings of a record by the rules."""
        return self._counting(findings(loads(record), self._inactive))

    def _counting(self, found: Sequence[Finding]) -> Sequence[Finding]:
        return [each for each in found if each.level in self._levels]
