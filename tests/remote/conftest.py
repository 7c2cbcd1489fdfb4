"""An office for each test: a bare repository, and desks that share it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from backups import Office, no_waiting


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with no_waiting():
        yield Office(tmp_path)
