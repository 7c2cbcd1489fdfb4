"""Records for export tests, and short ways to export and to read what was written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workspaces import NAME, Desk, lines, new_desk

from rtstore.curate.exporting.options import ExportOptions
from rtstore.curate.exporting.results import ExportResult

SYSTEM = {"role": "system", "content": "You are Mara."}
ASKED = {"role": "user", "content": "Is the ferry late?"}
ANSWER = {"role": "assistant", "content": "Not tonight."}


def chat(number: int, reply: str = "Not tonight.", **more: Any) -> dict[str, Any]:
    """Return a conversation that is different for every number."""
    asked = {"role": "user", "content": f"Is ferry {number} late?"}
    return {
        "messages": [SYSTEM, asked, {"role": "assistant", "content": reply}],
        "tags": ["dialogue"],
        **more,
    }


@contextmanager
def committed(*records: dict[str, Any]) -> Iterator[Desk]:
    """Provide a workspace whose one commit has these records."""
    with new_desk() as desk:
        desk.commit_file(lines(*records))
        yield desk


def export(desk: Desk, name: str = "out.jsonl", **options: Any) -> ExportResult:
    """Export the dataset of HEAD to a file of the workspace."""
    more = {key: options.pop(key) for key in ("revision", "force", "split") if key in options}
    return desk.store.export(NAME, desk.path(name), ExportOptions(**options), **more)


def rows(desk: Desk, name: str = "out.jsonl") -> list[Any]:
    """Return the rows of an exported file."""
    return [json.loads(line) for line in desk.read(name).splitlines()]


def exported(*records: dict[str, Any], **options: Any) -> list[Any]:
    """Return the rows that records are exported as."""
    with committed(*records) as desk:
        export(desk, **options)
        return rows(desk)


def leftovers(desk: Desk) -> list[str]:
    """Return what is in the workspace beside the dataset."""
    return sorted(name for name in os.listdir(desk.root) if name not in (".rtstore", NAME))
