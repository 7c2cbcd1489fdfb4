"""A bound on the memory that a library may take, where the operating system has one (Linux)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_STATM = Path("/proc/self/statm")


@contextmanager
def bounded_memory(more: int) -> Iterator[None]:
    """Let the process take at most ``more`` bytes more than it has, until the block ends.

    What asks for more fails as if there were none: a library that checks returns an error. It holds for all threads, so
    the block should be short. On other systems nothing is bounded.
    """
    used = _used()
    if used is None:
        yield
        return
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = used + more
    if soft != resource.RLIM_INFINITY:
        limit = min(limit, soft)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _used() -> int | None:
    """Return how many bytes of addresses the process has, None where that cannot be known or bounded."""
    try:
        import resource

        return int(_STATM.read_text().split()[0]) * resource.getpagesize()
    except (ImportError, OSError):
        return None
