"""Export: rows into files, each with its manifest beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from rtstore.curate.exporting.made import Made, Progress
from rtstore.curate.exporting.manifest import (
    Manifest,
    Source,
    is_export,
    is_manifest,
    manifest_path,
    write_manifest,
)
from rtstore.curate.exporting.options import ExportOptions
from rtstore.curate.exporting.output import OutputFile, check_free, check_text, hash_of, remove_abandoned
from rtstore.curate.exporting.results import ExportedFile, ExportResult, Unusable
from rtstore.curate.exporting.sinks import LineSink, ShuffledSink, Sink, Spool, TableSink, file_name
from rtstore.errors import InputError, NothingToDoError
from rtstore.formats.exports.registry import format_named
from rtstore.storage.files import Files, read_bounded

if TYPE_CHECKING:
    from rtstore.curate.exporting.recipes import NotedRows

#: Entries without a row that an error names.
_NAMED: Final = 5
#: A file of recipes that is larger is something else.
_MOST: Final = 16 << 20


class UnusableError(InputError):
    """Entries have no row in an export. ``unusable`` are all of them."""

    def __init__(self, dataset: str, unusable: tuple[Unusable, ...]) -> None:
        lines = [f"  {dataset}#{one.position + 1}: {one.reason}" for one in unusable[:_NAMED]]
        if len(unusable) > _NAMED:
            lines.append(f"  and {len(unusable) - _NAMED:,} more")
        count = "1 entry has" if len(unusable) == 1 else f"{len(unusable):,} entries have"
        super().__init__(
            f"{count} no place in this export:\n" + "\n".join(lines),
            hint="Edit them, choose others with --where, or leave them out with --skip.",
        )
        self.unusable = unusable


class _RecipeFile(NamedTuple):
    path: str
    data: bytes


class Export:
    """An export to ``path``; with ``sides``, one file for each side of a partition."""

    def __init__(
        self, files: Files, path: str, options: ExportOptions, sides: Sequence[str] = (), force: bool = False
    ) -> None:
        check_text(path, "the name of the file")
        self._files = files
        self._options = options
        self._layout = format_named(options.format).layout
        self._paths = {side: file_name(path, side) for side in sides or (None,)}
        self._force = force

    def run(
        self, made: Made, commit: str, also: dict[str, str], taken: Iterable[str], told: Progress
    ) -> ExportResult:
        """Write the files and their manifests.

        ``commit``: the one the rows come from; ``also``: what else they depend on, by option. ``taken``: paths of
        files that must stay as they are.

        Raises:
            UnusableError: entries have no row, and are not to be skipped. Nothing is written.
            UsageError: what is at a path is no export of ours, and not to be written over.
            NothingToDoError: there is no row. Nothing is written.
        """
        taken = tuple(taken)
        again = self._force or all(map(is_export, self._paths.values()))
        for path in self._paths.values():
            check_free(path, taken, self._force or is_export(path))
            beside = manifest_path(path)
            check_free(beside, (*taken, *self._paths.values()), self._force or is_manifest(beside))
            remove_abandoned(self._files, path)
        noted = None
        if self._options.recipe is not None:
            from rtstore.curate.exporting.recipes import NotedRows

            noted = NotedRows(made)
        with ExitStack() as stack:
            outputs = {
                side: stack.enter_context(OutputFile(self._files, path)) for side, path in self._paths.items()
            }
            sinks = {side: self._sink(stack, output) for side, output in outputs.items()}
            counts = dict.fromkeys(outputs, 0)
            for texts, keys, side in (noted or made).batches(told):
                sinks[side].put(texts, keys)
                counts[side] += len(texts)
            left = made.left
            if left.unusable and not self._options.skip:
                raise UnusableError(made.dataset, left.unusable)
            if not any(counts.values()):
                raise NothingToDoError(
                    f"no row of {made.dataset} is left to write", hint="Ask for less, or for other entries."
                )
            side, output = next(iter(outputs.items()))
            recipe = self._recipe(noted, output.path, counts[side], taken, again)
            written = []
            for side, output in outputs.items():
                digest = sinks[side].finish()
                written.append(ExportedFile(output.path, counts[side], output.size, digest, side))
            # Only now that each is whole: a full disk leaves all of them as they were.
            for output in outputs.values():
                output.place()
        result = ExportResult(
            made.dataset,
            commit,
            made.entries,
            tuple(written),
            left.deselected,
            left.unassigned,
            left.too_long,
            left.unusable,
        )
        for file in written:
            write_manifest(self._files, file.path, self._manifest(result, file, also))
        if recipe is None:
            return result
        self._files.write_atomically(recipe.path, recipe.data, durable=False)
        return replace(result, recipe=recipe.path)

    def _recipe(
        self, noted: NotedRows | None, path: str, rows: int, taken: Sequence[str], again: bool
    ) -> _RecipeFile | None:
        """Return the recipe for the first file, that of the side to train on; ``again``: it may be there already."""
        options = self._options
        if noted is None or options.recipe is None:
            return None
        from rtstore.formats.recipes import is_shared, merged

        made = noted.recipe(options.recipe, options.format, path, rows, options.template)
        path = os.path.join(os.path.dirname(path), made.name)
        check_free(path, (*taken, *self._paths.values()), again or is_shared(made.name))
        if not os.path.lexists(path):
            return _RecipeFile(path, made.data)
        return _RecipeFile(path, merged(read_bounded(path, _MOST), made))

    def _sink(self, stack: ExitStack, output: OutputFile) -> Sink:
        if self._layout == "parquet":
            spool = stack.enter_context(Spool(self._files, output.path))
            sink: Sink = TableSink(spool, output, marked=not self._options.clean)
        else:
            sink = LineSink(output, self._layout)
        if self._options.shuffle:
            sink = ShuffledSink(
                stack.enter_context(Spool(self._files, output.path)), sink, self._options.seed
            )
        return sink

    def _manifest(self, result: ExportResult, file: ExportedFile, also: dict[str, str]) -> Manifest:
        told = self._options.told() | also
        sources = {}
        for option in ("template", "tokenizer"):
            path = getattr(self._options, option)
            if path is not None:
                told[option] = os.path.basename(path)
                sources[option] = Source(os.path.basename(path), hash_of(path)[0])
        counts = {"entries": result.entries, "rows": file.rows, "deselected": result.deselected}
        counts |= {
            "unassigned": result.unassigned,
            "too_long": result.too_long,
            "skipped": len(result.unusable),
        }
        return Manifest(
            commit=result.commit,
            dataset=result.dataset,
            side=file.side,
            options=told,
            sources=sources,
            counts=counts,
            file=os.path.basename(file.path),
            bytes=file.size,
            blake3=file.blake3,
        )
