"""Configuration files: sections of ``name = value`` lines, changed without touching any other line.

The INI of the standard library's ``configparser``, which is not used: it would cost each command several
milliseconds at start-up, and would lose the comments of a file it writes.
"""

from __future__ import annotations

import re
from typing import Final

from rtstore.errors import UsageError

_SECTION: Final = re.compile(r"\[\s*([A-Za-z0-9_.-]+)\s*\]")
_ENTRY: Final = re.compile(r"([A-Za-z0-9_-]+)\s*=\s*(.*)")


class IniFile:
    """The content of one configuration file. ``path`` is for messages. Keys are ``section.name``, case
    counts.

    Raises:
        UsageError: a line is neither a section, ``name = value``, a comment (``#`` or ``;``), nor blank.
    """

    def __init__(self, content: bytes, path: str) -> None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            raise UsageError(f"{path}:{line}: not UTF-8 text", hint="Save the file as UTF-8.") from None
        self._lines = text.split("\n")
        if self._lines[-1] == "":
            self._lines.pop()
        self.values: dict[str, str] = {}
        #: Index of the line of each key.
        self._places: dict[str, int] = {}
        #: Index of the last line of each section that is neither blank nor a comment.
        self._ends: dict[str, int] = {}
        self._parse(path)

    def _parse(self, path: str) -> None:
        section = None
        for index, line in enumerate(map(str.strip, self._lines)):
            if not line or line[0] in "#;":
                continue
            if header := _SECTION.fullmatch(line):
                section = header[1]
            elif section is not None and (entry := _ENTRY.fullmatch(line)):
                key = f"{section}.{entry[1]}"
                self.values[key], self._places[key] = entry[2], index
            else:
                raise UsageError(
                    f"{path}:{index + 1}: {line!r} cannot be understood",
                    hint="Write 'name = value' below a '[section]' line; comments start with '#'.",
                )
            self._ends[section] = index

    def line_of(self, key: str) -> int:
        """Return the line, from 1, that sets ``key``."""
        return self._places[key] + 1

    def with_value(self, key: str, value: str) -> bytes:
        """Return the content with ``key`` set to ``value``, which has no line breaks or spaces around it."""
        section, _, name = key.rpartition(".")
        lines, line = list(self._lines), f"{name} = {value}"
        if key in self._places:
            lines[self._places[key]] = line
        elif section in self._ends:
            lines.insert(self._ends[section] + 1, line)
        else:
            lines += [*([""] if lines else []), f"[{section}]", line]
        return _encoded(lines)

    def without(self, key: str) -> bytes:
        """Return the content without ``key``, however often it is set."""
        section = None
        lines = []
        for line in self._lines:
            header, entry = _SECTION.fullmatch(line.strip()), _ENTRY.fullmatch(line.strip())
            section = header[1] if header else section
            if not (entry and f"{section}.{entry[1]}" == key):
                lines.append(line)
        return _encoded(lines)


def _encoded(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
