"""Recipes: the part of a trainer's configuration that says where an exported file is and how to read it.

One file a trainer, and ``TRAINERS`` is the one list of them. Each looks at the columns that the file has, not at what
the export was called, so that a Parquet file is described as the JSONL with the same columns is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from rtstore.errors import UsageError
from rtstore.formats.recipes import axolotl, llama_factory, trl, unsloth
from rtstore.formats.recipes.facts import ExportFacts, Recipe

__all__ = ["TRAINERS", "ExportFacts", "Recipe", "merged", "recipe"]

TRAINERS: Final[dict[str, Callable[[ExportFacts], Recipe]]] = {
    "axolotl": axolotl.recipe,
    "llama-factory": llama_factory.recipe,
    "trl": trl.recipe,
    "unsloth": unsloth.recipe,
}


def recipe(trainer: str, facts: ExportFacts) -> Recipe:
    """Return the recipe of a trainer for an exported file.

    Raises:
        UsageError: there is no such trainer, or it cannot read files like this one; the hint says which it can.
    """
    check_trainer(trainer)
    return TRAINERS[trainer](facts)


def check_trainer(trainer: str) -> None:
    """Refuse the name of a trainer for which there is no recipe.

    Raises:
        UsageError: it is one.
    """
    if trainer not in TRAINERS:
        raise UsageError(f"there is no recipe for {trainer!r}", hint=f"name one of: {', '.join(TRAINERS)}")


def is_shared(name: str) -> bool:
    """Tell whether a recipe's file is one for all datasets of a folder, so that there may be others in it."""
    return name == llama_factory.INFO


def merged(existing: bytes, made: Recipe) -> bytes:
    """Return what to write where a recipe's file exists already: LLaMA-Factory has one file for all datasets of a
    folder, of which only the entry of this one is replaced; any other file is replaced whole.

    Raises:
        InputError: the file is not what it should be.
    """
    return llama_factory.merged(existing, made) if is_shared(made.name) else made.data
