"""The export formats there are.

Another package adds one by an entry point of the group ``rtstore.exports`` that names a class like
:class:`~rtstore.formats.exports.base.Format`.
"""

from __future__ import annotations

from typing import Final

from rtstore.errors import UsageError
from rtstore.formats.exports.alpaca import Alpaca
from rtstore.formats.exports.base import Format
from rtstore.formats.exports.chatml_text import ChatMLText
from rtstore.formats.exports.messages import Messages
from rtstore.formats.exports.parquet import Parquet
from rtstore.formats.exports.preference import Preference
from rtstore.formats.exports.prompt_completion import PromptCompletion
from rtstore.formats.exports.rolethread import RoleThread
from rtstore.formats.exports.sharegpt import ShareGPT
from rtstore.model.plugins import plugins

FORMATS: Final[tuple[Format, ...]] = (
    Messages(),
    ChatMLText(),
    ShareGPT(),
    Alpaca(),
    PromptCompletion(),
    Preference(),
    Parquet(),
    RoleThread(),
)

_PLUGINS: Final = "rtstore.exports"


def formats() -> tuple[Format, ...]:
    """Return all formats that are known here."""
    return (*FORMATS, *plugins(_PLUGINS))


def format_named(name: str) -> Format:
    """Return a format by its name.

    Raises:
        UsageError: there is none of that name.
    """
    own = {format.name: format for format in FORMATS}
    # Other packages are looked for only where they may be needed: it takes its time.
    found = own.get(name) or {format.name: format for format in formats()}.get(name)
    if found is not None:
        return found
    raise UsageError(
        f"there is no format {name!r}", hint=f"There are: {', '.join(format.name for format in formats())}"
    )
