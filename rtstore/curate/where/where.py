"""An expression, ready to be asked about entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from rtstore.curate.tags import BUILTIN_CATEGORIES
from rtstore.curate.where.fields import FIELDS, NOTHING, VERDICTS, Field, Needs, member
from rtstore.curate.where.matching import Matcher, matcher
from rtstore.curate.where.problems import problem
from rtstore.curate.where.reading import decoder
from rtstore.curate.where.subject import Candidate, Scope, Subject
from rtstore.curate.where.syntax import Compare, Joined, Node, Not, Present, Since
from rtstore.errors import UsageError
from rtstore.history.refs import near_matches
from rtstore.workspace.lookback.prefilter import Prefilter, any_record

if TYPE_CHECKING:
    from rtstore.curate.validation.checker import Checker
    from rtstore.curate.validation.findings import Level

Test = Callable[[Subject], bool]


class Condition(NamedTuple):
    """A part of an expression.

    ``needs``: which members of a record it looks at; none of them, some, or (None) all. ``may_match`` tells by a
    record's bytes whether it can be true.
    """

    test: Test
    needs: Needs
    may_match: Prefilter = any_record


class Where:
    """An expression. ``text`` is how it was written.

    >>> approved = where("tag = approved and assistant.words > 50")
    >>> [entry for entry in dataset if approved.matches(entry)]
    """

    def __init__(self, text: str, conditions: Sequence[Condition]) -> None:
        self.text = text
        first = [each for each in conditions if each.needs == NOTHING]
        then = [each for each in conditions if each.needs != NOTHING]
        #: What can be told without a record; None if nothing can.
        self._first = _all(first).test if first else None
        self._then = _all(then).test if then else None
        self._decode = decoder(_needs(then))
        self._may_match = _all(then).may_match if then else any_record

    def __repr__(self) -> str:
        return f"<Where {self.text}>"

    @property
    def needs_records(self) -> bool:
        """Whether records have to be read at all."""
        return self._then is not None

    @property
    def needs_rows(self) -> bool:
        """Whether something can be told before records are read."""
        return self._first is not None

    def matches(self, entry: Candidate, scope: Scope | None = None) -> bool:
        """Tell whether an entry is meant. ``scope``: the version of its dataset, where the expression asks about that.

        Raises:
            UsageError: it asks what changed, and there is no scope.
            InputError: the record is nested too deep to be read.
        """
        subject = self.subject(entry, scope)
        return self.may(subject) and self.does(subject)

    def subject(self, entry: Candidate, scope: Scope | None = None) -> Subject:
        """Return an entry as ``may`` and ``does`` take it."""
        return Subject(entry, scope or ANYWHERE, self._decode)

    def may(self, subject: Subject) -> bool:
        """Tell whether an entry may be meant, without a look at its record."""
        return self._first is None or self._first(subject)

    def may_record(self, record: bytes) -> bool:
        """Tell by the bytes of a record whether an entry with it may be meant."""
        return self._may_match(record)

    def does(self, subject: Subject) -> bool:
        """Tell whether an entry is meant, of one that may be."""
        return self._then is None or self._then(subject)


class _Anywhere:
    """The scope of entries whose dataset nobody knows: with RoleThread's built-in categories, and no history."""

    def __init__(self) -> None:
        self._checkers: dict[Level, Checker] = {}

    def checker(self, level: Level) -> Checker:
        if level not in self._checkers:
            from rtstore.curate.validation.checker import Checker

            self._checkers[level] = Checker(level)
        return self._checkers[level]

    def category(self, tag: str) -> str | None:
        return BUILTIN_CATEGORIES.get(tag)

    def partition(self, entry: Candidate) -> str:
        return entry.annotation.partition

    def since(self, kind: str, revision: str) -> frozenset[int]:
        raise UsageError(
            f"'{kind} since {revision}' is about a dataset of a store",
            hint="Use store.select, or a command that takes --where.",
        )


ANYWHERE: Final[Scope] = _Anywhere()


def where(text: str) -> Where:
    """Return an expression, ready to be asked about entries; ``docs/where.md`` describes the language.

    Raises:
        ExpressionError: it is none; the message shows the place.
    """
    from rtstore.curate.where.parsing import parse

    node = parse(text)
    parts = node.items if isinstance(node, Joined) and node.word == "and" else (node,)
    return Where(text, [_condition(text, part) for part in parts])


def _condition(text: str, node: Node) -> Condition:
    if isinstance(node, Joined):
        parts = [_condition(text, item) for item in node.items]
        return _all(parts) if node.word == "and" else _any(parts)
    if isinstance(node, Not):
        inner = _condition(text, node.item)
        return Condition(lambda subject: not inner.test(subject), inner.needs)
    if isinstance(node, Since):
        kind, revision = node.kind, node.revision
        return Condition(
            lambda subject: subject.entry.position in subject.scope.since(kind, revision), NOTHING
        )
    return _present(text, node) if isinstance(node, Present) else _compared(text, node)


def _present(text: str, node: Present) -> Condition:
    name = node.operand.lower()
    if name in VERDICTS:
        has_errors = VERDICTS[name]
        return Condition(lambda subject: bool(subject.findings("error")) is has_errors, None)
    field = _field(text, node.operand, node.column)
    values = field.values
    if field.kind == "number":
        return Condition(lambda subject: any(values(subject)), field.needs)
    return Condition(lambda subject: any(True for _ in values(subject)), field.needs)


def _compared(text: str, node: Compare) -> Condition:
    field = _field(text, node.operand, node.column)
    _check_labels(text, node, field)
    found = [matcher(text, node.operand, field, node.operator, value) for value in node.values]
    test = _any_value(field, found)
    if node.operator.startswith("!"):
        return Condition(lambda subject: not test(subject), field.needs)
    filters = [each.may_match for each in found] if field.recorded else [any_record]
    return Condition(test, field.needs, _any_filter(filters))


def _any_value(field: Field, found: Sequence[Matcher]) -> Test:
    values = field.values
    if len(found) == 1:
        matches = found[0].matches
        return lambda subject: any(map(matches, values(subject)))
    each = [one.matches for one in found]
    return lambda subject: any(matches(value) for value in values(subject) for matches in each)


def _field(text: str, operand: str, column: int) -> Field:
    """Return the field of a name or path.

    Raises:
        ExpressionError: there is none of that name.
    """
    if operand.startswith("."):
        from rtstore.curate.where.parsing import path_steps

        return member(path_steps(operand))
    name = operand.lower()
    if name in FIELDS:
        return FIELDS[name]
    if name in VERDICTS:
        raise problem(text, column, f"{name} is a condition by itself", f"Write: {name}, or: not {name}")
    near = near_matches(name, [*FIELDS, *VERDICTS])
    hint = (
        f"Did you mean {' or '.join(near)}?" if near else f"Members of a record begin with a dot: .{operand}"
    )
    raise problem(text, column, f"there is no field {operand!r}", hint)


def _check_labels(text: str, node: Compare, field: Field) -> None:
    """Raise where a label is none of those there can be."""
    if field.known is None or node.operator not in ("=", "!="):
        return
    known = field.known()
    for value in node.values:
        if value.text not in known and "*" not in value.text:
            near = near_matches(value.text, known)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(sorted(known))}"
            raise problem(text, value.column, f"there is no {node.operand} {value.text!r}", hint)


def _all(parts: Sequence[Condition]) -> Condition:
    if len(parts) == 1:
        return parts[0]
    cheap_first = sorted(parts, key=_cost)
    tests = [each.test for each in cheap_first]
    filters = [each.may_match for each in parts if each.may_match is not any_record]
    return Condition(
        lambda subject: all(test(subject) for test in tests), _needs(parts), _all_filters(filters)
    )


def _any(parts: Sequence[Condition]) -> Condition:
    tests = [each.test for each in sorted(parts, key=_cost)]
    return Condition(
        lambda subject: any(test(subject) for test in tests),
        _needs(parts),
        _any_filter([each.may_match for each in parts]),
    )


def _cost(condition: Condition) -> int:
    return 1000 if condition.needs is None else len(condition.needs)


def _needs(parts: Sequence[Condition]) -> Needs:
    needed: Needs = NOTHING
    for each in parts:
        needed = None if needed is None or each.needs is None else needed | each.needs
    return needed


def _all_filters(filters: Sequence[Prefilter]) -> Prefilter:
    if len(filters) < 2:
        return filters[0] if filters else any_record
    return lambda record: all(may_match(record) for may_match in filters)


def _any_filter(filters: Sequence[Prefilter]) -> Prefilter:
    if any_record in filters:
        return any_record
    return filters[0] if len(filters) == 1 else lambda record: any(may(record) for may in filters)
