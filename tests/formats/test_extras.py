"""A library that is not installed is told with the command that installs it."""

from __future__ import annotations

from io import BytesIO

import pytest
from chat_samples import template
from tokenizer_samples import word_tokenizer

from rtstore.errors import MissingExtraError
from rtstore.formats.extras import needed_from
from rtstore.formats.parquet import Kind, read_rows, write_rows
from rtstore.formats.tokens import TokenCounter


def without(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    """Let a library be one that is not there."""
    import sys

    for name in [
        name for name in sys.modules if name.startswith("rtstore.formats.templates.") or name == library
    ]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Refusing(library), *sys.meta_path])


class Refusing:
    """Finds no module of a library."""

    def __init__(self, library: str) -> None:
        self.library = library

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] == self.library:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


USES = {
    "jinja2": ("templates", lambda: template("x")),
    "tokenizers": ("tokens", lambda: TokenCounter(b"{}", "tokenizer.json")),
    "pyarrow": ("parquet", lambda: list(read_rows(BytesIO(), "train.parquet"))),
}


@pytest.mark.parametrize("library", USES)
def test_the_error_says_how_to_install_it(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    extra, use = USES[library]
    without(monkeypatch, library)
    with pytest.raises(
        MissingExtraError, match=f"needs the library {library}, which is not installed"
    ) as error:
        use()
    assert error.value.hint == f"Run: pip install 'rtstore[{extra}]'"


def test_so_does_writing_parquet(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "pyarrow")
    with pytest.raises(MissingExtraError, match="writing Parquet needs the library pyarrow"):
        write_rows([{"a": 1}], {"a": Kind("whole")}, BytesIO())


def test_a_module_of_our_own_that_is_missing_is_no_users_error() -> None:
    with pytest.raises(ModuleNotFoundError), needed_from("tokens", "counting"):
        raise ModuleNotFoundError("No module named 'rtstore.missing'", name="rtstore.missing")


def test_with_everything_installed_nothing_is_said() -> None:
    assert TokenCounter(word_tokenizer(), "tokenizer.json").count("lamp") == 1
