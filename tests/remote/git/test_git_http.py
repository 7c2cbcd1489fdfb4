"""HTTP: what servers answer instead of git's protocol, and where they send us."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import tracemalloc
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from git_samples import cloned, first, is_sound, push
from git_servers import Served, by_http

from rtstore.errors import RemoteError, UnreachableError
from rtstore.remote.git.bounds import Bounds, Patience
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.http import _untrusted


@contextmanager
def answering(status: int, headers: Mapping[str, str], body: bytes = b"") -> Iterator[tuple[str, list[str]]]:
    """Run a server that always gives one answer; yield its address and the passwords it was sent."""
    passwords: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            passwords.append(self.headers.get("Authorization", ""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value.replace("THE_PATH", self.path))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", passwords
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def line(data: bytes) -> bytes:
    """Return a packet of git's protocol."""
    return b"%04x%s" % (len(data) + 4, data)


GIT = "application/x-git-upload-pack-advertisement"


@pytest.mark.parametrize(
    ("status", "headers", "body", "said"),
    [
        (200, {"Content-Type": "text/html"}, b"<html>", "no git server"),
        (200, {}, b"", "no git server"),
        (200, {"Content-Type": GIT}, b"<html>", "answers: Invalid pkt-line"),
        (200, {"Content-Type": GIT}, b"", "broke the connection"),
        (200, {"Content-Type": GIT, "Content-Length": "500"}, b"001e# service", "broke the connection"),
        (200, {"Content-Type": GIT, "Content-Encoding": "gzip"}, b"no gzip", "no git server"),
        (403, {}, b"", "refuses access"),
        (404, {}, b"", "no git repository"),
        (407, {}, b"", "the proxy asks"),
        (500, {}, b"\x1b[2J", "HTTP status 500"),
        (302, {"Location": "THE_PATH"}, b"", "from one address to another"),
        (302, {"Location": "ftp://x/THE_PATH"}, b"", ""),
        (999, {}, b"", "HTTP status 999"),
    ],
)
def test_what_is_not_git_is_one_line_for_the_user(
    status: int, headers: dict[str, str], body: bytes, said: str
) -> None:
    with answering(status, headers, body) as (address, _), pytest.raises(RemoteError) as error:
        open_repository(f"{address}/a.git").branches()
    assert said in error.value.message
    assert error.value.message.isprintable()


def test_an_answer_that_swells_when_it_is_decompressed_takes_little_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(wbits=31)
    body = packer.compress(line(b"x" * 60_000) * 5_000) + packer.flush()
    headers = {"Content-Type": GIT, "Content-Encoding": "gzip"}
    with answering(200, headers, body) as (address, _):
        tracemalloc.start()
        with pytest.raises(RemoteError, match="without end"):
            open_repository(f"{address}/a.git", bounds=Bounds(talk=4 << 20)).branches()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 64 << 20


def test_a_large_push_is_streamed_and_cloned(tmp_path: Path) -> None:
    one = first(count=5, size=900_000)
    with by_http(tmp_path) as served:
        push(served.repository(), None, one)
        assert cloned(served, tmp_path / "clone") == one.files
        assert is_sound(served)


def test_a_push_that_the_server_does_not_allow_is_refused(tmp_path: Path) -> None:
    with by_http(tmp_path, "http.receivepack=false") as served, pytest.raises(RemoteError, match="403"):
        push(served.repository(), None, first())


def test_a_redirection_is_followed_but_the_password_is_not_sent_along(tmp_path: Path) -> None:
    with (
        answering(404, {}) as (elsewhere, passwords),
        answering(302, {"Location": f"{elsewhere}/a.git/info/refs?service=git-upload-pack"}) as (
            address,
            first_,
        ),
        pytest.raises(RemoteError, match="no git repository"),
    ):
        open_repository(f"{address}/a.git").branches()
    assert first_ == [""]
    assert passwords == [""]


def test_a_redirection_to_the_repository_itself_works(tmp_path: Path) -> None:
    one = first()
    with by_http(tmp_path, password=False) as served:
        push(served.repository(), None, one)
        place = f"{served.address}/info/refs?service=git-upload-pack"
        with answering(301, {"Location": place}) as (address, _):
            moved = Served(f"{address}/old.git", served.path)
            assert moved.repository().branches().commits == {"main": one.id}


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://127.0.0.1:1", "nonsense"])
def test_a_proxy_that_does_not_work_is_named(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    with pytest.raises(RemoteError, match="proxy") as error:
        open_repository("http://host.invalid/a.git", patience=Patience(connect=1, answer=1)).branches()
    assert error.value.message.isprintable()


def test_an_unreachable_server_is_one_line(tmp_path: Path) -> None:
    with answering(200, {}) as (address, _):
        gone = address
    with pytest.raises(UnreachableError, match=r"cannot connect to 127.0.0.1:\d+: Connection refused"):
        open_repository(f"{gone}/a.git", patience=Patience(connect=1, answer=1)).branches()


def test_a_server_that_does_not_encrypt_is_named(tmp_path: Path) -> None:
    with (
        answering(200, {}) as (address, _),
        pytest.raises(RemoteError, match=r"^127\.0\.0\.1:\d+ does not answer with an encrypted connection$"),
    ):
        open_repository(f"{address.replace('http', 'https')}/a.git").branches()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate (_ssl.c:1016)",
            "the certificate of host cannot be trusted: self-signed certificate",
        ),
        (
            "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Hostname mismatch, certificate is not valid "
            "for 'host'. (_ssl.c:1006)",
            "the certificate of host cannot be trusted: Hostname mismatch, certificate is not valid for 'host'",
        ),
        (
            "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1016)",
            "host does not answer with an encrypted connection",
        ),
        (
            "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] tlsv1 alert protocol version (_ssl.c:1007)",
            "no encrypted connection to host can be made: tlsv1 alert protocol version",
        ),
    ],
)
def test_what_openssl_says_is_put_plainly(said: str, message: str) -> None:
    error = _untrusted("host", said)
    assert error.message == message
    assert error.hint


@pytest.mark.tools
def test_a_certificate_that_cannot_be_trusted_is_said_to_be_that(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 -keyout {key}"
    subprocess.run([*made.split(), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def serve() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                context.wrap_socket(connection, server_side=True).close()

        thread = threading.Thread(target=serve)
        thread.start()
        address = f"https://127.0.0.1:{listener.getsockname()[1]}/a.git"
        with pytest.raises(RemoteError, match=r"cannot be trusted: self.signed certificate$"):
            open_repository(address).branches()
        thread.join()
