"""What ``import rtstore`` offers: the names in ``__all__``, typed, at next to no cost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import rtstore


def imported_with_the_package() -> set[str]:
    """Return the modules that are loaded in a fresh interpreter after ``import rtstore``."""
    code = "import sys; import rtstore; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("name", rtstore.__all__)
def test_every_name_in_all_can_be_had(name: str) -> None:
    assert getattr(rtstore, name) is not None


def test_dir_shows_what_is_public_and_nothing_else() -> None:
    assert dir(rtstore) == sorted(rtstore.__all__)
    # What the module holds besides: its submodules as they are imported, and what it needs for itself.
    submodules = {path.stem for path in Path(rtstore.__file__).parent.iterdir()}
    needed = {"TYPE_CHECKING", "Any", "annotations"}
    assert {name for name in vars(rtstore) if name[0] != "_"} - submodules - needed <= set(rtstore.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'stash'"):
        rtstore.stash  # noqa: B018


def test_types_are_published() -> None:
    assert (Path(rtstore.__file__).parent / "py.typed").exists()


def test_importing_the_package_imports_none_of_its_dependencies() -> None:
    loaded = imported_with_the_package()
    assert {"blake3", "click", "msgspec", "zstandard"} & loaded == set()
    assert {name for name in loaded if name.startswith("rtstore.")} == set()


def test_every_error_a_user_can_meet_is_an_rtstore_error_with_an_exit_code() -> None:
    errors = [value for value in vars(rtstore.errors).values() if isinstance(value, type)]
    for error in errors:
        assert issubclass(error, rtstore.RtstoreError)
        assert error.exit_code > 0
