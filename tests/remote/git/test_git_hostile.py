"""Servers that lie: whatever they say ends in one line that a user understands, soon and in little memory."""

from __future__ import annotations

import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from git_packs import head, pack, whole
from git_samples import first, ignore

from rtstore.errors import RemoteError, RemoteMovedError, RtstoreError, TamperError, UnreachableError
from rtstore.remote.git.bounds import Bounds, Patience
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.repository import Repository

TIP = "1" * 40
REFS = f"{TIP} HEAD symref-target:refs/heads/main\n".encode(), f"{TIP} refs/heads/main\n".encode()
CAPABILITIES = (b"version 2\n", b"ls-refs=unborn\n", b"fetch=shallow\n", b"object-format=sha1\n")
Script = Callable[[socket.socket], None]


def line(data: bytes) -> bytes:
    """Return a packet of git's protocol."""
    return b"%04x%s" % (len(data) + 4, data)


def lines(*data: bytes) -> bytes:
    """Return packets and the one that ends them."""
    return b"".join(map(line, data)) + b"0000"


def band(number: int, data: bytes) -> bytes:
    """Return data as packets of a band: 1 is the pack, 2 progress, 3 the last words."""
    return b"".join(line(bytes([number]) + data[at : at + 60_000]) for at in range(0, len(data), 60_000))


@contextmanager
def server(script: Script, **bounds: int) -> Iterator[Repository]:
    """Run a server that takes one connection after the other and does with each what the script says."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:  # closed: the end
                    return
                with closing(connection), suppress(OSError):
                    script(connection)

        thread = threading.Thread(target=serve)
        thread.start()
        port = listener.getsockname()[1]
        try:
            yield open_repository(
                f"git://127.0.0.1:{port}/x.git",
                bounds=Bounds(reserve=0)._replace(**bounds),
                patience=Patience(connect=1, answer=0.5),
            )
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def saying(*answers: bytes, then: Script | None = None) -> Script:
    """Return a script: an answer to each request, the first one unasked after the command."""

    def script(connection: socket.socket) -> None:
        for answer in answers:
            connection.recv(65536)
            connection.sendall(answer)
        if then is not None:
            then(connection)
        else:
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    return script


def sending(data: bytes) -> Script:
    """Return the script of a server that lists its branch and sends data as a pack."""
    return saying(lines(*CAPABILITIES), lines(*REFS), line(b"packfile\n") + data)


def endless(piece: bytes) -> Script:
    """Return a script that never ends."""

    def script(connection: socket.socket) -> None:
        while True:
            connection.sendall(piece)

    return script


def fetch(repository: Repository, directory: Path) -> None:
    """Fetch and read what was asked for."""
    with repository.fetch(TIP, None, str(directory), ignore) as objects:
        objects.read("commit", TIP, 1000)


def is_one_line(error: RtstoreError) -> bool:
    """Tell whether a message is fit for a user."""
    return error.message.isprintable() and 10 < len(error.message) < 400 and "Error" not in error.message


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(saying(b""), id="nothing"),
        pytest.param(saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"), id="another protocol"),
        pytest.param(saying(b"\0" * 1000), id="zeros"),
        pytest.param(saying(b"00"), id="half a length"),
        pytest.param(saying(b"0003"), id="impossible length"),
        pytest.param(saying(b"-001xxxx"), id="negative length"),
        pytest.param(saying(b"ffffshort"), id="cut packet"),
        pytest.param(saying(lines(b"ERR \x1b[31mno\nway\n")), id="refusal with control characters"),
        pytest.param(saying(lines(b"no refs/heads/main\0caps")), id="refs that are none"),
        pytest.param(saying(lines(b"x" * 40 + b" refs/heads/main\0caps")), id="ids that are none"),
        pytest.param(saying(lines(*CAPABILITIES), lines(b"one")), id="half a ref"),
        pytest.param(saying(lines(*CAPABILITIES), lines(b"zz refs/heads/main")), id="short id"),
        pytest.param(saying(lines(*CAPABILITIES), lines(b"ERR no\n")), id="late refusal"),
        pytest.param(saying(lines(b"version 2", b"object-format=sha256"), lines()), id="other hash"),
        pytest.param(saying(lines(*CAPABILITIES), b""), id="hangs up"),
    ],
)
def test_a_list_of_branches_that_is_none_is_one_line_for_the_user(script: Script) -> None:
    with server(script) as repository, pytest.raises(RemoteError) as error:
        repository.branches()
    assert is_one_line(error.value)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        pytest.param(b"", RemoteError, id="nothing"),
        pytest.param(lines(), RtstoreError, id="no pack"),
        pytest.param(band(1, pack([whole("blob", b"x")])) + b"0000", TamperError, id="not what was asked"),
        pytest.param(band(1, pack([whole("blob", b"x")])[:30]) + b"0000", TamperError, id="cut pack"),
        pytest.param(band(1, pack([whole("blob", b"x")])[:30]), UnreachableError, id="cut connection"),
        pytest.param(band(1, b"garbage" * 100) + b"0000", TamperError, id="garbage"),
        pytest.param(band(1, pack([head(3, 1 << 50)])), TamperError, id="absurd size"),
        pytest.param(band(3, b"out of\nmemory\x1b[2J\n"), RemoteError, id="last words"),
        pytest.param(band(9, b"what"), RemoteError, id="unknown band"),
        pytest.param(line(b"ERR upload-pack: not our ref\n"), RtstoreError, id="refused"),
        pytest.param(line(b""), RtstoreError, id="empty packet"),
    ],
)
def test_a_pack_that_is_none_is_one_line_for_the_user(
    data: bytes, kind: type[RtstoreError], tmp_path: Path
) -> None:
    with server(sending(data)) as repository, pytest.raises(kind) as error:
        fetch(repository, tmp_path)
    assert is_one_line(error.value)
    # Where the connection broke, what came whole is of use the next time.
    assert len(list(tmp_path.iterdir())) == (kind is UnreachableError)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param(saying(b"", then=endless(line(f"{TIP} refs/heads/m".encode()) * 1000)), id="refs"),
        pytest.param(
            saying(b"000eversion 2\n", then=endless(line(b"capability" * 1000) * 10)), id="capabilities"
        ),
        pytest.param(
            saying(
                lines(*CAPABILITIES), lines(*REFS), b"000dpackfile\n", then=endless(band(2, b"x" * 60_000))
            ),
            id="progress",
        ),
        pytest.param(
            saying(lines(*CAPABILITIES), lines(*REFS), b"", then=endless(line(b"ACK x common") * 1000)),
            id="sections",
        ),
    ],
)
def test_who_talks_without_end_is_cut_off(script: Script, tmp_path: Path) -> None:
    tracemalloc.start()
    with server(script, talk=2 << 20) as repository, pytest.raises(RemoteError) as error:
        fetch(repository, tmp_path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert is_one_line(error.value)
    assert peak < 64 << 20


def test_who_says_nothing_is_waited_for_no_longer_than_agreed(tmp_path: Path) -> None:
    def silent(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    with server(silent) as repository, pytest.raises(UnreachableError, match="does not answer"):
        repository.branches()


def test_a_branch_that_moved_between_list_and_fetch_is_named_as_that(tmp_path: Path) -> None:
    script = saying(lines(*CAPABILITIES), lines(*REFS), line(b"ERR upload-pack: not our ref " + TIP.encode()))
    with server(script) as repository, pytest.raises(RemoteMovedError):
        fetch(repository, tmp_path)


@pytest.mark.parametrize(
    ("report", "kind"),
    [
        pytest.param(
            lines(b"unpack disk full\n", b"ng refs/heads/main unpacker error\n"), RemoteError, id="full"
        ),
        pytest.param(
            lines(b"unpack ok\n", b"ng refs/heads/main hook declined\x1b[2J\n"), RemoteError, id="hook"
        ),
        pytest.param(lines(b"unpack ok\n", b"ng refs/heads/main\n"), RemoteError, id="no reason"),
        pytest.param(lines(b"unpack ok\n", b"what\n"), RemoteError, id="no status"),
        pytest.param(lines(b"unpack ok\n", b"maybe refs/heads/main\n"), RemoteError, id="unknown status"),
        pytest.param(lines(b"unpack ok\n"), RemoteError, id="silence"),
        pytest.param(b"", RemoteError, id="hangs up"),
        pytest.param(b"zzzz", RemoteError, id="garbage"),
        pytest.param(
            lines(b"unpack ok\n", b"ng refs/heads/main failed to update ref\n"), RemoteMovedError, id="lock"
        ),
    ],
)
def test_what_a_server_says_about_a_push_is_one_line_for_the_user(
    report: bytes, kind: type[RtstoreError]
) -> None:
    one = first(count=1, size=10)

    def script(connection: socket.socket) -> None:
        if b"receive-pack" not in connection.recv(65536):
            connection.sendall(lines(*CAPABILITIES))
            connection.settimeout(0.1)
            with suppress(TimeoutError):
                while connection.recv(65536):
                    pass
            connection.sendall(lines())
            return
        connection.sendall(lines(b"0" * 40 + b" capabilities^{}\0report-status\n"))
        connection.settimeout(0.1)
        with suppress(TimeoutError):
            while connection.recv(65536):
                pass
        connection.settimeout(None)
        connection.sendall(report)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass

    with server(script) as repository, pytest.raises(kind) as error:
        repository.push("main", None, one.id, one.objects, ignore)
    assert is_one_line(error.value)
