"""Rows of a table as records: which column is what, by its name or by what the user says."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from rtstore.errors import InputError
from rtstore.model.conversation import decoded
from rtstore.model.shapes import shape_of

#: What columns are called that hold one side of a conversation, in the order in which they are looked for.
SYSTEM: Final = ("system", "system_prompt", "system_message")
USER: Final = ("user", "prompt", "instruction", "question", "query", "human", "input")
ASSISTANT: Final = ("assistant", "response", "output", "completion", "answer", "reply", "gpt")
#: Columns whose text may be JSON.
_JSON: Final = ("messages", "conversations", "chosen", "rejected", "prompt", "completion", "tools")
_TURNS: Final = ("messages", "conversations")
_OTHERS: Final = ("messages", "conversations", "chosen", "rejected", "tags")
KNOWN: Final = frozenset((*SYSTEM, *USER, *ASSISTANT, *_OTHERS))
_BETWEEN_TAGS: Final = re.compile("[,;\n]")

Row = dict[str, Any]


class Table:
    """Gives the rows of a table with some columns the form of records.

    What the user and the assistant say, by ``USER`` and ``ASSISTANT``, is the conversation: an input follows its
    instruction after an empty line. All other columns are members. A row with a column of messages, or with a chosen
    and a rejected answer, is the record; so is, where the table ``keeps_shapes``, any other that has a shape.

    Raises:
        InputError: a column of ``mapping`` (column name to field) is not there, two columns are one field, or there is
            no column with what somebody says.
    """

    def __init__(
        self, columns: Sequence[str], mapping: Mapping[str, str], path: str, keeps_shapes: bool
    ) -> None:
        self._path = path
        names = [name.strip() or f"column_{number}" for number, name in enumerate(columns, 1)]
        _check_mapping(names, mapping, path)
        #: The columns by their names in the file, which have no white space around them; one without a name gets one.
        self.columns = tuple(names)
        self.fields = tuple(_field(name, mapping) for name in names)
        self._check_fields(names)
        self._system = _first(self.fields, SYSTEM)
        self._users = [name for name in USER if name in self.fields]
        self._assistant = _first(self.fields, ASSISTANT)
        self._is_pair = {"chosen", "rejected"} <= {*self.fields}
        has_turns = any(name in self.fields for name in _TURNS)
        self._keeps = keeps_shapes or has_turns or (self._is_pair and self._users in ([], ["prompt"]))

    def record(self, values: Mapping[int, Any]) -> Row | str:
        """Return the record of a row, or why it has none. ``values`` are those that it has, by index of the column."""
        row = {self.fields[index]: _value(self.fields[index], value) for index, value in values.items()}
        if not row.get("messages", True):
            del row["messages"]
        if self._keeps and shape_of(row) is not None and not self._is_empty(row):
            return row
        return self._pair(row) if self._is_pair else self._conversation(row)

    def _conversation(self, row: Row) -> Row | str:
        used = {self._system, self._assistant, *self._users[:2]}
        turns = (
            ("system", _text(row.get(self._system or ""))),
            ("user", self._asked(row)),
            ("assistant", _text(row.get(self._assistant or ""))),
        )
        messages = [{"role": role, "content": text} for role, text in turns if text]
        if not any(message["role"] != "system" for message in messages):
            return "nobody says anything in it"
        return {"messages": messages, **{key: value for key, value in row.items() if key not in used}}

    def _pair(self, row: Row) -> Row | str:
        """Return a preference pair under the names that the shape has for it."""
        if not row.get("chosen") or not row.get("rejected"):
            return "one of its two answers is empty"
        used = {"chosen", "rejected", *self._users[:2]}
        rest = {key: value for key, value in row.items() if key not in used}
        return {"prompt": self._asked(row), "chosen": row["chosen"], "rejected": row["rejected"], **rest}

    def _asked(self, row: Row) -> str:
        """Return what the user says: an instruction, and its input."""
        return "\n\n".join(filter(None, (_text(row.get(name)) for name in self._users[:2])))

    def _is_empty(self, row: Row) -> bool:
        """Whether a row with a shape says nothing after all."""
        said = [row.get(name) for name in self.fields if name in KNOWN and name != "tags"]
        return not any(said) or (self._is_pair and not (row.get("chosen") and row.get("rejected")))

    def _check_fields(self, names: Sequence[str]) -> None:
        twice = [field for field, count in Counter(self.fields).items() if count > 1]
        if twice:
            raise InputError(
                f"several columns are called {twice[0]!r}",
                path=self._path,
                hint="Say which is what: --map COLUMN=FIELD, or give each column a name of its own in the file.",
            )
        if not any(name in self.fields for name in (*USER, *ASSISTANT, *_OTHERS[:4])):
            raise InputError(
                f"no column holds what somebody says; the columns are {listing(names)}",
                path=self._path,
                hint="Say which is what: --map COLUMN=user --map COLUMN=assistant",
            )


def listing(names: Sequence[str], most: int = 12) -> str:
    """Return the names of columns for a message."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(repr(name[:40]) for name in names[:most]) + more


def _check_mapping(names: Sequence[str], mapping: Mapping[str, str], path: str) -> None:
    for column in mapping:
        if column not in names:
            raise InputError(
                f"there is no column {column!r}",
                path=path,
                hint=f"The columns are {listing(names)}.",
            )


def _field(name: str, mapping: Mapping[str, str]) -> str:
    """Return the field of a column: what the user says, else its known name, else its own."""
    if name in mapping:
        return mapping[name]
    known = re.sub(r"[\s-]+", "_", name.strip().lower())
    return known if known in KNOWN or known == "id" else name


def _first(fields: Sequence[str], names: Sequence[str]) -> str | None:
    return next((name for name in names if name in fields), None)


def _value(field: str, value: Any) -> Any:
    if field == "tags" and isinstance(value, str):
        tags = decoded(value)
        return (
            tags
            if isinstance(tags, list)
            else [tag for one in _BETWEEN_TAGS.split(value) if (tag := one.strip())]
        )
    return decoded(value) if field in _JSON else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else str(value)
