"""What a store can do about exports: the part of ``Store`` that writes files for trainers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rtstore.workspace.store import LocalStore

if TYPE_CHECKING:
    from rtstore.curate.exporting.made import Progress
    from rtstore.curate.exporting.options import ExportOptions
    from rtstore.curate.exporting.results import ExportResult, Verified


def _untold(done: int, total: int) -> None:
    """Tell nobody."""


class Exports(LocalStore):
    """Exports of a store."""

    def export(
        self,
        dataset: str,
        path: str,
        options: ExportOptions | None = None,
        *,
        revision: str = "HEAD",
        split: bool = False,
        force: bool = False,
        progress: Progress = _untold,
    ) -> ExportResult:
        """Write a version of a dataset to the file ``path``, in the format of ``options``, with a manifest beside it.

        ``split``: a file for each side of the dataset's partition, ``mara.train.jsonl`` for ``mara.jsonl``.
        ``force``: write over a file that is no export. The same commit and options give the same bytes.

        Raises:
            UsageError: the options contradict each other, or there is a file that must not be written over.
            RevisionError: there is no such version or dataset.
            UnusableError: entries have no place in the format, or would train as empty text.
            MissingExtraError: the options need a package that is not installed.
        """
        from rtstore.curate.exporting.made import EntryRows
        from rtstore.curate.exporting.options import ExportOptions
        from rtstore.curate.exporting.work import Work

        work = Work(self, self._workspace, dataset, revision, options or ExportOptions(), split)
        made = EntryRows(work.dataset, work.rows, work.fits, work.side, work.fitness)
        return work.write(made, path, {}, force, progress)

    def export_pairs(
        self,
        dataset: str,
        path: str,
        rejected: str,
        options: ExportOptions | None = None,
        *,
        chosen: str = "HEAD",
        since: str | None = None,
        author: str | None = None,
        split: bool = False,
        force: bool = False,
        progress: Progress = _untold,
    ) -> ExportResult:
        """Write every reply that was rewritten between two versions as a preference pair; the rest as for ``export``.

        ``rejected`` is the version with the replies as they were, ``chosen`` the one with those that are better.
        ``since``: only replies that were rewritten in a commit after this revision; ``author``: in one whose author has
        this in name or address.

        Raises:
            UsageError: the options contradict each other, or there is a file that must not be written over.
            RevisionError: there is no such version or dataset.
            UnusableError: a pair has no place in the format.
        """
        from rtstore.curate.exporting.made import PairRows
        from rtstore.curate.exporting.options import ExportOptions
        from rtstore.curate.exporting.output import check_text
        from rtstore.curate.exporting.rewritten import pairs_between
        from rtstore.curate.exporting.work import Work

        check_text(author or "", "--author")
        work = Work(
            self, self._workspace, dataset, chosen, options or ExportOptions(format="preference"), split
        )
        with pairs_between(self, dataset, rejected, chosen, since, author) as found:
            made = PairRows(work.dataset, found, work.rows, work.fits, work.side)
            also = {"rejected": self.resolve(rejected).hex()}
            also |= {} if since is None else {"since": self.resolve(since).hex()}
            also |= {} if author is None else {"author": author}
            return work.write(made, path, also, force, progress)

    def verify_export(self, path: str) -> Verified:
        """Return from which commit and options an exported file came, and whether it still is what was written.

        Raises:
            InputError: it has no manifest.
            StorageError: it cannot be read.
        """
        from rtstore.curate.exporting.verify import verify

        return verify(path, self)
