"""Parts made unreadable: named and encrypted on a second thread, while the first one puts the next together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from rtstore.remote.git.objects import blob
from rtstore.remote.git.repository import GitObject

#: Parts that are being encrypted or wait for it.
WAITING = 4


class SealedPart(NamedTuple):
    """A part as it lies on the remote: its name, and the file; None if it lies there already."""

    name: str
    file: GitObject | None


def sealed(
    parts: Iterable[bytes],
    name_of: Callable[[bytes], str],
    encrypt: Callable[[bytes], bytes],
    there: Callable[[str], bool],
) -> Generator[SealedPart, None, None]:
    """Yield parts sealed, in order; those that are ``there`` under their name already are not encrypted.

    Close it: until then a thread may be at work.
    """

    def seal(part: bytes) -> SealedPart:
        name = name_of(part)
        if there(name):
            return SealedPart(name, None)
        return SealedPart(name, blob(encrypt(part)))

    waiting: deque[Future[SealedPart]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="rtstore-encrypt") as pool:
        for part in parts:
            waiting.append(pool.submit(seal, part))
            if len(waiting) > WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
