"""What a recipe is made of, and what it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal, NamedTuple

from rtstore.errors import UsageError

Layout = Literal[
    "messages", "sharegpt", "alpaca", "preference", "sharegpt-preference", "kto", "prompt-completion", "text"
]


@dataclass(frozen=True, slots=True)
class ExportFacts:
    """An exported file.

    ``format`` is the export's name for what it wrote, for messages. ``path`` is the file as the configuration is to
    name it, with ``/``. ``columns`` are the names of its columns, of all rows together.

    ``replies`` says how ``prompt``, ``completion``, ``chosen`` and ``rejected`` are written: ``text``; ``message``, a
    prompt of messages and each reply one message; ``messages``, each a list of them. ``tool_calls`` tells whether
    turns have calls beside their content. ``weights`` is the member of a turn that says whether it is trained on, if
    turns have one. ``template`` is a chat template to use instead of the model's, as the configuration is to name it.
    ``counts`` are shown: how many of what.
    """

    format: str
    path: str
    columns: tuple[str, ...]
    replies: Literal["text", "message", "messages"] = "text"
    tool_calls: bool = False
    weights: str | None = None
    template: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """What the columns are, as trainers tell it.

        Raises:
            UsageError: nothing that a trainer knows.
        """
        has = set(self.columns).issuperset
        known: tuple[tuple[Layout, tuple[str, ...]], ...] = (
            ("preference", ("prompt", "chosen", "rejected")),
            ("sharegpt-preference", ("conversations", "chosen", "rejected")),
            ("kto", ("prompt", "completion", "label")),
            ("messages", ("messages",)),
            ("sharegpt", ("conversations",)),
            ("alpaca", ("instruction", "output")),
            ("prompt-completion", ("prompt", "completion")),
            ("text", ("text",)),
        )
        found = next((layout for layout, needed in known if has(needed)), None)
        judged = {"chosen", "rejected", "label"}.intersection(self.columns)
        if found is None or (judged and found not in ("preference", "sharegpt-preference", "kto")):
            raise UsageError(
                f"no recipe is known for the columns {', '.join(self.columns) or '(none)'} of a {self.format} export",
                hint="export with --format messages",
            )
        return found

    @property
    def stem(self) -> str:
        """The file's name without its endings."""
        name = PurePosixPath(self.path).name
        return name.partition(".")[0] or name

    @property
    def file_type(self) -> str:
        """What Hugging Face's ``load_dataset`` calls the file's format."""
        if self.path.endswith(".parquet"):
            return "parquet"
        return "text" if self.path.endswith(".txt") else "json"

    @property
    def summary(self) -> str:
        """The counts in words; empty if there are none."""
        return ", ".join(f"{count:,} {what}" for what, count in self.counts.items())

    def unreadable(self, trainer: str, why: str, instead: str) -> UsageError:
        """Return the error for a trainer that cannot read the file; ``instead`` are the options of an export it can."""
        return UsageError(
            f"{trainer} cannot read this {self.format} export: {why}", hint=f"export with {instead}"
        )

    def refuse_weights(self, trainer: str) -> None:
        """Refuse turns with weights, for a trainer that would train on all of them alike.

        Raises:
            UsageError: turns have weights.
        """
        if self.weights is not None:
            raise UsageError(
                f"{trainer} would not see that turns have weights, and train on all of them",
                hint="take the recipe for axolotl, or export without weights",
            )


class Recipe(NamedTuple):
    """A file for a trainer: its name, and its bytes. It belongs beside the exported file."""

    name: str
    data: bytes
