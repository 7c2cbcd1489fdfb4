"""``zip``: the export of an account as it was downloaded; what is in it tells from which program it is."""

from __future__ import annotations

from collections.abc import Iterator

from rtstore.errors import InputError
from rtstore.formats.sources.archive import MAGIC, first_sample
from rtstore.formats.sources.base import Found, Options, Sample
from rtstore.formats.sources.chatgpt import ChatGPT
from rtstore.formats.sources.claude import Claude


class AccountArchive:
    """A ZIP archive with a ``conversations.json`` of ChatGPT or Claude."""

    name = "zip"
    title = "account export (ZIP archive)"

    def recognises(self, sample: Sample) -> bool:
        return sample.head.startswith(MAGIC)

    def read(self, path: str, options: Options) -> Iterator[Found]:
        sample = first_sample(path)
        for source in (ChatGPT(), Claude()):
            if source.recognises(sample):
                yield from source.read(path, options)
                return
        raise InputError(
            f"{sample.name} in the archive is of no program that is known",
            path=path,
            hint="Exports of ChatGPT and Claude accounts are known. Unpack another one, and import its files.",
        )
