"""The walk through the conflicts of a merge: each is shown, and the user is asked what to take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, Final

from rtstore.cli.merging.screen import Screen
from rtstore.cli.merging.words import named
from rtstore.cli.merging.writing import write_record, write_value
from rtstore.cli.session import Session
from rtstore.cli.text import printable
from rtstore.errors import InputError, NothingToDoError, UsageError
from rtstore.workspace.merging.parts import Own, Part, can_be_written, composed
from rtstore.workspace.merging.results import Conflict

_SIDES: Final = {"o": "ours", "t": "theirs", "b": "base"}
_EDIT: Final = "e"
_SKIP: Final = "s"
_QUIT: Final = "q"
#: How a choice is asked for, and what it means.
_CHOICES: Final = {
    "o": ("o(urs)", "ours: what this branch has"),
    "t": ("t(heirs)", "theirs: what comes in"),
    "b": ("b(ase)", "base: what it was before either side changed it"),
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

    def run(self) -> tuple[Conflict, ...]:
        count, skipped = len(self._left), set[str]()
        for number in range(1, count + 1):
            conflict = next((one for one in self._left if one.name not in skipped), None)
            if conflict is None:
                break
            self._tell([""] if number > 1 else [])
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
        parts = self._ask_by_part(conflict, screen)
        sides = [part for part in parts if isinstance(part, str)]
        return {"parts": sides} if len(sides) == len(parts) else {"record": composed(conflict, parts)}

    def _ask_by_part(self, conflict: Conflict, screen: Screen) -> list[Part]:
        """Ask about each clash of an entry that both sides edited."""
        parts: list[Part] = []
        for at, clash in enumerate(conflict.clashes):
            self._tell(["", *screen.clash(at)])

            def write(clash: Any = clash) -> Any:
                return write_value(self._session, clash)

            parts.append(self._ask("otbesq" if can_be_written(clash) else "otbsq", write))
        return parts

    def _ask_as_a_whole(self, conflict: Conflict, screen: Screen) -> Part:
        """Ask about what can only be decided as a whole."""
        lines = screen.clash(0) if conflict.kind == "registry" else screen.changes()
        self._tell(["", *lines])
        choices = "otbesq" if conflict.entry is not None else "otbsq"
        return self._ask(choices, lambda: write_record(self._session, conflict))

    def _ask(self, choices: str, write: Callable[[], Any]) -> Part:
        """Ask until there is an answer; with ``e`` it is what ``write`` returns.

        Raises:
            _Left: the user leaves the conflict as it is.
        """
        question = f"Take {', '.join(_CHOICES[one][0] for one in choices)} or ?: "
        while True:
            answer = _read(self._out.styled(question, "bold"))
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
                self._tell(f"  {one}  {_CHOICES[one][1]}" for one in choices)

    def _explain(self, error: NothingToDoError | UsageError | InputError) -> None:
        hint = [f"hint: {error.hint}"] if error.hint else []
        self._tell(printable(self._session.from_here(line)) for line in (error.message, *hint))

    def _tell(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._out.line(line)


def _read(question: str) -> str:
    """Return the first letter of an answer; the end of the input is that of the walk."""
    try:
        return input(question).strip().lower()[:1] or "?"
    except EOFError:
        print()
        return _QUIT
