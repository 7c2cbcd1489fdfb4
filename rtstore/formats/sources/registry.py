"""The kinds of files that conversations can be imported from, in the order in which they are tried.

Another package adds one by an entry point of the group ``rtstore.sources`` that names a class like
:class:`~rtstore.formats.sources.base.Source`. Those are tried first, as they know their own files.
"""

from __future__ import annotations

from typing import Final

from rtstore.errors import UsageError
from rtstore.formats.sources.agent_trace import AgentTrace
from rtstore.formats.sources.base import Sample, Source
from rtstore.formats.sources.character_card import CharacterCard
from rtstore.formats.sources.chatgpt import ChatGPT
from rtstore.formats.sources.chatml_text import ChatMLText
from rtstore.formats.sources.claude import Claude
from rtstore.formats.sources.csv_file import CSV, TSV
from rtstore.formats.sources.json_file import JSONFile
from rtstore.formats.sources.jsonl import JSONLines
from rtstore.formats.sources.parquet_file import Parquet
from rtstore.formats.sources.sillytavern import SillyTavern
from rtstore.formats.sources.zip_file import AccountArchive
from rtstore.model.plugins import plugins

SOURCES: Final[tuple[Source, ...]] = (
    Parquet(),
    AccountArchive(),
    CharacterCard(),
    ChatMLText(),
    ChatGPT(),
    Claude(),
    SillyTavern(),
    AgentTrace(),
    JSONLines(),
    TSV(),
    CSV(),
    JSONFile(),
)

_PLUGINS: Final = "rtstore.sources"


def sources() -> tuple[Source, ...]:
    """Return all kinds of files that are known here, in the order in which they are tried."""
    return (*plugins(_PLUGINS), *SOURCES)


def source_names() -> tuple[str, ...]:
    """Return the names of all kinds of files that are known here."""
    return tuple(source.name for source in sources())


def source_of(sample: Sample) -> Source | None:
    """Return the kind of a file, None if it is of no known one."""
    return next((source for source in sources() if source.recognises(sample)), None)


def source_named(name: str) -> Source:
    """Return a kind of file by its name.

    Raises:
        UsageError: there is none of that name.
    """
    for source in sources():
        if source.name == name:
            return source
    raise UsageError(f"there is no kind of file {name!r}", hint=f"There are: {', '.join(source_names())}")
