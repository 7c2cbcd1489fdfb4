"""rtstore: version control for conversation datasets.

>>> store = rtstore.open("training_data")
>>> dataset = store["main"]["mara.jsonl"]
>>> dataset[0].turns[1].content

Everything named here is loaded when it is first used, so that importing the package costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from rtstore import errors
    from rtstore.errors import RtstoreError
    from rtstore.model.shapes import Turn
    from rtstore.remote.access import Access
    from rtstore.remote.setup import Members
    from rtstore.remote.store import Store, clone, init, open
    from rtstore.workspace.views import Dataset, Entry, Snapshot

__all__ = [
    "Access",
    "Dataset",
    "Entry",
    "Members",
    "RtstoreError",
    "Snapshot",
    "Store",
    "Turn",
    "__version__",
    "clone",
    "errors",
    "init",
    "open",
]

_HOMES = {
    "Access": "rtstore.remote.access",
    "Members": "rtstore.remote.setup",
    "Dataset": "rtstore.workspace.views",
    "Entry": "rtstore.workspace.views",
    "RtstoreError": "rtstore.errors",
    "Snapshot": "rtstore.workspace.views",
    "Store": "rtstore.remote.store",
    "Turn": "rtstore.model.shapes",
    "clone": "rtstore.remote.store",
    "init": "rtstore.remote.store",
    "open": "rtstore.remote.store",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "errors":
        return import_module("rtstore.errors")
    if name not in _HOMES:
        raise AttributeError(f"module 'rtstore' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
