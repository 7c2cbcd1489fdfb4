"""Libraries that not every installation has: a missing one is told with the command that installs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rtstore.errors import MissingExtraError


@contextmanager
def needed_from(extra: str, purpose: str) -> Iterator[None]:
    """Import within it what belongs to an extra of the package; ``purpose`` is what it is needed for.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "rtstore":
            raise
        raise MissingExtraError(purpose, error.name.partition(".")[0], extra) from error
