"""What goes wrong between here and a git server, as one line that says what to do."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from dulwich.errors import GitProtocolError, HangupException, NotGitRepository, SendPackError

from rtstore.errors import RemoteError, RemoteMovedError, UnreachableError
from rtstore.remote.git.channel import RefusedByServer

_LONGEST: Final = 200
#: What dulwich runs into when a server says something that is not in git's language.
_BABBLE: Final = (
    AssertionError,
    AttributeError,
    IndexError,
    KeyError,
    TypeError,
    ValueError,
    struct.error,
)


_ASK: Final = "Ask whoever runs the server; the message is theirs."
#: What to do when a connection breaks.
AGAIN: Final = "Run the command again: it goes on where it was."


@contextmanager
def told_plainly(place: str, last_words: Callable[[], Exception | None] = lambda: None) -> Iterator[None]:
    """Turn every failure of a conversation with the server at ``place`` into an error for a user.

    ``last_words`` is asked first when the server ends the conversation: what it has to say about the reason.

    Raises:
        UnreachableError: nobody answers, or the connection broke.
        RemoteError: anything else.
    """
    try:
        yield
    except (GitProtocolError, NotGitRepository, SendPackError, RefusedByServer, OSError, *_BABBLE) as error:
        # Dulwich puts an error of its own around that of a broken connection.
        cause = error.__cause__
        raise _explained(cause if isinstance(cause, OSError) else error, place, last_words) from error


def _explained(error: Exception, place: str, last_words: Callable[[], Exception | None]) -> Exception:
    if isinstance(error, HangupException | ConnectionError):
        return last_words() or UnreachableError(f"{place} broke the connection", hint=AGAIN)
    if isinstance(error, TimeoutError):
        return UnreachableError(f"{place} does not answer any more", hint=AGAIN)
    if isinstance(error, RefusedByServer):
        return _answered(place, one_line(str(error)))
    if isinstance(error, SendPackError):
        reason = one_line(error.args[0] if error.args else b"")
        return RemoteError(f"{place} could not take what was sent: {reason}", hint=_ASK)
    if isinstance(error, NotGitRepository):
        return RemoteError(f"there is no git repository at {place}", hint="Check the address.")
    if isinstance(error, GitProtocolError):
        return last_words() or _answered(place, one_line(str(error)))
    if isinstance(error, OSError):
        reason = one_line(error.strerror or str(error))
        return UnreachableError(
            f"the connection to {place} failed: {reason}", hint="Check the network and the address."
        )
    return RemoteError(
        f"what answers at {place} is no git server, or a broken one", hint="Check the address."
    )


def _answered(place: str, reason: str) -> RemoteError:
    if "not our ref" in reason:
        return RemoteMovedError(
            f"a branch of {place} was moved by somebody else meanwhile", hint="Run the command again."
        )
    return RemoteError(f"{place} answers: {reason or 'nothing that makes sense'}", hint=_ASK)


def one_line(text: str | bytes) -> str:
    """Return the last line that says something, fit to be shown: without control characters, and not too long."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    lines = [line.strip() for line in text.replace("\r", "\n").split("\n") if line.strip()]
    shown = "".join(letter if letter.isprintable() else "?" for letter in (lines or [""])[-1])
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."
