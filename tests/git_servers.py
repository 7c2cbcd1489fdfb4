"""Real git servers on this machine: by path, git daemon, HTTP with a password, ``sshd``; and one that cuts connections.

Each is a context that yields a ``Served``: the address for rtstore, the bare repository behind it, and what git and
rtstore need to reach it.
"""

from __future__ import annotations

import base64
import getpass
import os
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from rtstore.remote.git.bounds import Bounds, Patience
from rtstore.remote.git.connect import open_repository
from rtstore.remote.git.repository import Repository

USER, PASSWORD = "mara", "correct horse"
_SSHD = "/usr/sbin/sshd"


@dataclass(frozen=True)
class Served:
    """A repository that is served. ``environment``: for git and for rtstore, on top of a plain one."""

    address: str
    path: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def repository(self, bounds: Bounds | None = None, patience: Patience | None = None) -> Repository:
        """Return it as rtstore sees it."""
        return open_repository(
            self.address,
            ssh_command=self.environment.get("GIT_SSH_COMMAND"),
            environment=git_environment(self.environment),
            bounds=bounds,
            patience=patience,
        )


def git_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return an environment in which git knows nothing of the user's settings and asks nobody."""
    return {
        **os.environ,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "LC_ALL": "C",
        **(more or {}),
    }


def git(*arguments: str | Path, more: Mapping[str, str] | None = None) -> str:
    """Run git and return what it prints; what it complains about is in the exception."""
    done = subprocess.run(
        ["git", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=git_environment(more),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise AssertionError(f"git {' '.join(map(str, arguments))}: {done.stderr}{done.stdout}")
    return done.stdout


def bare(path: Path, *settings: str) -> Path:
    """Make a bare repository; ``settings`` are ``name=value``."""
    git("init", "-q", "--bare", "-b", "main", path)
    for setting in ("http.receivepack=true", *settings):
        git("-C", path, "config", *setting.split("=", 1))
    return path


@contextmanager
def by_path(root: Path, *settings: str) -> Iterator[Served]:
    """A bare repository by its path."""
    path = bare(root / "by path.git", *settings)
    yield Served(str(path), path)


@contextmanager
def by_file_url(root: Path, *settings: str) -> Iterator[Served]:
    """The same by a ``file://`` address."""
    path = bare(root / "by url.git", *settings)
    yield Served(f"file://{str(path).replace(' ', '%20')}", path)


@contextmanager
def by_daemon(root: Path, *settings: str) -> Iterator[Served]:
    """A repository behind a git daemon."""
    path = bare(root / "daemon.git", *settings)
    port = free_port()
    command = ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all"]
    command += ["--enable=receive-pack", f"--base-path={root}", str(root)]
    with running(command, port, git_environment()):
        yield Served(f"git://127.0.0.1:{port}/daemon.git", path)


@contextmanager
def by_http(root: Path, *settings: str, password: bool | str = True) -> Iterator[Served]:
    """A repository behind ``git http-backend``; user and password are known to a credential helper.

    ``password``: whether one is asked for; ``"post"``: only when something is sent.
    """
    path = bare(root / "http.git", *settings)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _HttpBackend)
    server.root, server.password = root, password  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        port = server.server_address[1]
        settings_of_user = root / "user.gitconfig"
        helper(root, settings_of_user, USER, PASSWORD)
        yield Served(f"http://127.0.0.1:{port}/http.git", path, {"GIT_CONFIG_GLOBAL": str(settings_of_user)})
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def helper(root: Path, settings: Path, user: str, password: str) -> Path:
    """Let git know a password through a helper that is a program, and writes down what it is asked to do."""
    program, log = root / "helper.sh", root / "helper.log"
    program.write_text(
        f'#!/bin/sh\necho "$1" >> "{log}"\n'
        f'[ "$1" = get ] && printf "username=%s\\npassword=%s\\n" "{user}" "{password}"\ncat > /dev/null\nexit 0\n'
    )
    program.chmod(0o700)
    settings.write_text(f'[credential]\n\thelper = "!{program}"\n')
    return log


@contextmanager
def by_ssh(root: Path, *settings: str) -> Iterator[Served]:
    """A repository behind a real ``sshd``, with the current user's login by a key made for it."""
    if not shutil.which(_SSHD):
        raise AssertionError("the tests need OpenSSH's server: `apt-get install openssh-server`")
    path = bare(root / "ssh.git", *settings)
    port = free_port()
    home = root / "ssh"
    home.mkdir(mode=0o700)
    for name in ("host", "user", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / name], check=True)
    shutil.copy(home / "user.pub", home / "authorized_keys")
    host_key = (home / "host.pub").read_text().split()
    (home / "known_hosts").write_text(f"[127.0.0.1]:{port} {host_key[0]} {host_key[1]}\n")
    (home / "sshd_config").write_text(
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home}/host\nPidFile none\nUsePAM no\nStrictModes no\n"
        f"AuthorizedKeysFile {home}/authorized_keys\nPasswordAuthentication no\nAcceptEnv GIT_PROTOCOL\n"
        f"PermitRootLogin prohibit-password\nKbdInteractiveAuthentication no\nSetEnv HOME={home}\n"
    )
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with running([_SSHD, "-D", "-e", "-f", str(home / "sshd_config")], port, git_environment()):
        yield Served(
            f"ssh://{getpass.getuser()}@127.0.0.1:{port}{path}",
            path,
            {"GIT_SSH_COMMAND": ssh_command(home, "user")},
        )


def ssh_command(home: Path, key: str) -> str:
    """Return how to log in with one of the keys made for ``by_ssh``, and no other."""
    return (
        f"ssh -F none -i {home}/{key} -o IdentitiesOnly=yes -o IdentityAgent=none "
        f"-o UserKnownHostsFile={home}/known_hosts -o StrictHostKeyChecking=yes -o LogLevel=ERROR "
        "-o KexAlgorithms=curve25519-sha256"
    )


SERVERS = {
    "path": by_path,
    "file": by_file_url,
    "daemon": by_daemon,
    "http": by_http,
    "ssh": by_ssh,
}


@contextmanager
def cutting(port: int, after: int, coming: bool = False) -> Iterator[int]:
    """Yield the port of a proxy that cuts every connection when ``after`` bytes were sent through it.

    ``coming``: bytes from the server count, and not those to it.
    """
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    client, _ = listener.accept()
                except OSError:  # closed: the end
                    return
                thread = threading.Thread(target=_relay, args=(client, port, after, coming))
                thread.start()
                threads.append(thread)

        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            acceptor.join()
            for thread in threads:
                thread.join()


def free_port() -> int:
    """Return a port nobody listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run a server until the context ends; begin when it takes connections."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
        start_new_session=True,
    )
    assert process.stderr is not None
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    process.kill()
                    said = process.stderr.read().decode()
                    raise AssertionError(f"{command[0]} does not start: {said}") from None
                time.sleep(0.02)
        drain = threading.Thread(target=process.stderr.read)
        drain.start()
        yield
    finally:
        # The daemons of git and of ssh have children, which end with their session.
        with _suppressed():
            os.killpg(process.pid, 15)
        process.wait(10)
        if process.stderr is not None:
            drain.join(5)
            process.stderr.close()


@contextmanager
def _suppressed() -> Iterator[None]:
    try:
        yield
    except ProcessLookupError:
        return


def _relay(client: socket.socket, port: int, after: int, coming: bool) -> None:
    with closing(client), closing(socket.create_connection(("127.0.0.1", port))) as server:
        counted, other = (server, client) if coming else (client, server)

        def relay_other() -> None:
            try:
                while data := other.recv(65536):
                    counted.sendall(data)
                counted.shutdown(socket.SHUT_WR)
            except OSError:  # cut by the other thread
                return

        thread = threading.Thread(target=relay_other)
        thread.start()
        left = after
        try:
            while left > 0 and (data := counted.recv(min(left, 65536))):
                other.sendall(data)
                left -= len(data)
        except OSError:  # one of the two went away
            left = 0
        for end in (client, server):
            with _suppressed_shutdown():
                end.shutdown(socket.SHUT_RDWR)
        thread.join()


@contextmanager
def _suppressed_shutdown() -> Iterator[None]:
    try:
        yield
    except OSError:  # not connected any more
        return


class _HttpBackend(BaseHTTPRequestHandler):
    """Runs ``git http-backend`` for every request, as a web server does."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def _serve(self) -> None:
        asked = self.server.password  # type: ignore[attr-defined]
        asked = self.command == "POST" if asked == "post" else asked
        expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if asked and self.headers.get("Authorization") != f"Basic {expected}":
            for _ in self._body():
                pass
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        process = subprocess.Popen(
            ["git", "http-backend"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=git_environment(
                {
                    "GIT_PROJECT_ROOT": str(self.server.root),  # type: ignore[attr-defined]
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "REQUEST_METHOD": self.command,
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                    "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
                    "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                    "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                    "REMOTE_USER": USER,
                    "REMOTE_ADDR": "127.0.0.1",
                }
            ),
        )
        assert process.stdin is not None and process.stdout is not None
        with process:
            try:
                for piece in self._body():
                    process.stdin.write(piece)
                process.stdin.close()
                self._answer(process.stdout)
            except OSError:  # one of the two went away
                process.kill()
                self.close_connection = True

    def _body(self) -> Iterator[bytes]:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            while size := int(self.rfile.readline() or b"0", 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            yield self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer(self, output: object) -> None:
        status, headers = 200, []
        while line := output.readline().strip().decode():  # type: ignore[attr-defined]
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            else:
                headers.append((name, value))
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while data := output.read1(1 << 18):  # type: ignore[attr-defined]
            self.wfile.write(data)
