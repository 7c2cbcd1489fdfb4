"""The walk through the conflicts of a merge: each is shown, and the user is asked what to take."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, Final

from rtstore.cli.merging.screen import Screen
from rtstore.cli.merging.sides import sides
from rtstore.cli.merging.words import named
from rtstore.cli.merging.writing import Draft, write_record, write_value
from rtstore.cli.session import Session
from rtstore.cli.text import broken, printable
from rtstore.errors import InputError, NothingToDoError, UsageError
from rtstore.workspace.merging.parts import Own, Part, can_be_written, composed
from rtstore.workspace.merging.results import Conflict

_SIDES: Final = {"o": "ours", "t": "theirs", "b": "base", "2": "both"}
_BOTH: Final = "2"
_EDIT: Final = "e"
_SKIP: Final = "s"
_QUIT: Final = "q"
#: How a choice is asked for, and what it means.
_CHOICES: Final = {
    "o": ("o(urs)", "ours: what this branch has"),
    "t": ("t(heirs)", "theirs: what comes in"),
    "b": ("b(ase)", "base: what it was before either side changed it"),
    "2": ("2 (both)", "both, as two entries: theirs becomes one of its own behind ours"),
    "e": ("e(dit)", "write it in your editor, starting from ours"),
    "s": ("s(kip)", "leave this conflict for later"),
    "q": ("q(uit)", "leave it and all after it; what was resolved stays resolved"),
}


class _Left(Exception):
    """The user leaves a conflict as it is; ``everything``: and all after it."""

    def __init__(self, everything: bool) -> None:
        super().__init__()
        self.everything = everything


def walk(session: Session) -> tuple[Conflict, ...]:
    """Go through the conflicts with the user; return those that are left.

    Each is resolved as soon as it is decided, so that an interruption loses nothing.

    Raises:
        UsageError: there is no terminal to ask on.
        NothingToDoError: no merge is in progress.
    """
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "there is no terminal to ask on",
            hint="Say what to take: `rtstore resolve ENTRY --ours`, or --theirs, --base, --both, --with FILE. "
            "`rtstore conflicts` lists the entries.",
        )
    return _Walk(session).run()


class _Walk:
    def __init__(self, session: Session) -> None:
        self._session = session
        self._out = session.out
        self._left = session.store.conflicts()
        self._drafts = defaultdict[int, Draft](Draft)

    def run(self) -> tuple[Conflict, ...]:
        count, skipped = len(self._left), set[str]()
        self._tell_sides()
        for number in range(1, count + 1):
            conflict = next((one for one in self._left if one.name not in skipped), None)
            if conflict is None:
                break
            self._tell([""])
            screen = Screen(self._session, conflict)
            self._tell(screen.heading(number, count))
            try:
                self._settle(conflict, screen)
            except _Left as leaving:
                if leaving.everything:
                    break
                skipped.add(conflict.name)
        return self._left

    def _settle(self, conflict: Conflict, screen: Screen) -> None:
        """Ask about a conflict until it is resolved.

        Raises:
            _Left: the user does not want to.
        """
        self._drafts.clear()
        while True:
            try:
                decision = self._decision(conflict, screen)
                result = self._session.store.resolve_conflict(conflict.name, **decision)
                break
            except (UsageError, InputError) as error:
                self._explain(error)
        self._session.has_changed = True
        self._left = result.left
        self._tell([self._out.styled(f"Resolved {named(self._session, conflict).line}", "green")])

    def _decision(self, conflict: Conflict, screen: Screen) -> dict[str, Any]:
        """Ask what is to become of a conflict; return it as the library takes it."""
        if conflict.kind != "edited" or not conflict.clashes:
            part = self._ask_as_a_whole(conflict, screen)
            return {"record": part.value} if isinstance(part, Own) else {"side": part}
        parts: list[Part] = []
        try:
            self._ask_by_part(conflict, screen, parts)
        except (_Left, KeyboardInterrupt):
            if parts:
                name = named(self._session, conflict).line
                self._tell(["", f"What you chose for {name} is not kept: not all of it was decided"])
            raise
        if "both" in parts:
            return {"side": "both"}
        taken = [part for part in parts if isinstance(part, str)]
        return {"parts": taken} if len(taken) == len(parts) else {"record": composed(conflict, parts)}

    def _ask_by_part(self, conflict: Conflict, screen: Screen, parts: list[Part]) -> None:
        """Ask about each clash of an entry that both sides edited, up to one that makes it two entries."""
        for at, clash in enumerate(conflict.clashes):
            self._tell(["", *screen.clash(at)])

            def write(at: int = at, clash: Any = clash) -> Any:
                return write_value(self._session, clash, self._drafts[at])

            parts.append(self._ask(_choices(conflict, two=True, own=can_be_written(clash)), write))
            if parts[-1] == "both":
                return

    def _ask_as_a_whole(self, conflict: Conflict, screen: Screen) -> Part:
        """Ask about what can only be decided as a whole."""
        lines = screen.clash(0) if conflict.kind == "registry" else screen.changes()
        self._tell(["", *lines])
        is_entry = conflict.entry is not None
        choices = _choices(conflict, two=is_entry and conflict.kind == "edited", own=is_entry)
        return self._ask(choices, lambda: write_record(self._session, conflict, self._drafts[0]))

    def _ask(self, choices: str, write: Callable[[], Any]) -> Part:
        """Ask until there is an answer; with ``e`` it is what ``write`` returns.

        Raises:
            _Left: the user leaves the conflict as it is.
        """
        question = f"Take {', '.join(_CHOICES[one][0] for one in choices)} or ?:"
        *above, asked = broken(question, self._out.width)
        while True:
            self._tell(self._out.styled(line, "bold") for line in above)
            answer = _read(self._out.styled(asked, "bold") + " ")
            if answer in choices and answer in (_SKIP, _QUIT):
                raise _Left(answer == _QUIT)
            if answer in choices and answer in _SIDES:
                return _SIDES[answer]
            if answer in choices and answer == _EDIT:
                try:
                    return Own(write())
                except (NothingToDoError, UsageError, InputError) as error:
                    self._explain(error)
            else:
                for one in choices:
                    self._tell(broken(f"  {one}  {_CHOICES[one][1]}", self._out.width, indent=5))

    def _explain(self, error: NothingToDoError | UsageError | InputError) -> None:
        hint = [f"hint: {error.hint}"] if error.hint else []
        for said in (error.message, *hint):
            self._tell(broken(printable(self._session.from_here(said)), self._out.width))

    def _tell_sides(self) -> None:
        """Say what ours and theirs are."""
        merging = self._session.store.status().merging
        if merging is None or not self._left:
            return
        for side, what in sides(self._session, merging).items():
            self._tell(broken(f"{side}:".ljust(8) + what, self._out.width, indent=8))

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._out.line(line)


def _choices(conflict: Conflict, two: bool, own: bool) -> str:
    """Return what can be chosen. ``two``: two entries can come of it; ``own``: what the user writes can be taken."""
    has_base = conflict.base is not None or conflict.kind == "registry" or conflict.entry is None
    allowed = {"b": has_base, _BOTH: two, _EDIT: own}
    return "".join(one for one in _CHOICES if allowed.get(one, True))


def _read(question: str) -> str:
    """Return the first letter of an answer; the end of the input is that of the walk."""
    try:
        answer = input(question).strip().lower()
    except EOFError:
        print()
        return _QUIT
    # Who writes it out does not mean the base.
    return _BOTH if answer == "both" else answer[:1] or "?"
