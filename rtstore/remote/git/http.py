"""``https://`` and ``http://``: git's protocol in requests, with passwords from git's credential helpers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import urljoin

import urllib3
from dulwich.client import AbstractHttpGitClient, default_urllib3_manager
from dulwich.config import Config
from urllib3 import exceptions as trouble

from rtstore.errors import RemoteError, UnreachableError
from rtstore.remote.git.address import Address
from rtstore.remote.git.bounds import Patience
from rtstore.remote.git.channel import Allowance, Channel
from rtstore.remote.git.credentials import Credential, Credentials
from rtstore.remote.git.failures import one_line
from rtstore.remote.git.lookup import look_up
from rtstore.remote.git.smart import Client

_NETWORK: Final = "Check the network and the address."
_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = 5
#: What OpenSSL puts around its words.
_OPENSSL: Final = re.compile(r"\[[^\]]*\] ?| ?\(_ssl\.c:\d+\)")
_CERTIFICATE: Final = "certificate verify failed"
#: What it says of a server that does not encrypt.
_PLAIN: Final = ("wrong version number", "http request", "record layer failure", "packet length too long")
#: Scheme, host and port: to no other than where a password was asked for is it sent.
Origin = tuple[str, str, int]


class ResponseChannel(Channel):
    """What a response holds, read like a connection."""

    def __init__(self, response: urllib3.BaseHTTPResponse, allowance: Allowance) -> None:
        super().__init__(allowance)
        self._response = response

    def receive(self, size: int) -> bytes:
        """Return what has come; see ``Channel``."""
        try:
            return self._response.read1(size)
        except trouble.ReadTimeoutError as error:
            raise TimeoutError from error
        except trouble.DecodeError as error:
            raise ValueError("a response cannot be decompressed") from error
        except trouble.HTTPError as error:
            raise ConnectionResetError("the response was cut") from error

    def send(self, data: bytes) -> None:
        """Send nothing: what is sent is in the request."""

    def close(self) -> None:
        """End the response and the connection it came through."""
        self._response.close()


class HttpClient(AbstractHttpGitClient, Client):
    """Dulwich's client for git over HTTP, with requests of our own: limited, and asking git for passwords."""

    def __init__(
        self,
        address: Address,
        config: Config,
        credentials: Credentials,
        allowance: Allowance,
        patience: Patience,
    ) -> None:
        super().__init__(address.url, dumb=False, thin_packs=False, quiet=True)
        self.config = config
        self._address = address
        self._credentials = credentials
        self._allowance = allowance
        self._timeout = urllib3.Timeout(connect=patience.connect, read=patience.answer)
        self._patience = patience
        try:
            self._pool = default_urllib3_manager(config, base_url=address.url)
        except (RuntimeError, ValueError, trouble.HTTPError) as error:
            raise RemoteError(
                "the proxy for the remote cannot be used as it is set",
                hint="See the setting http.proxy of git.",
            ) from error
        self._responses: list[urllib3.BaseHTTPResponse] = []
        self._known: dict[Origin, Credential] = {}
        self._approved: set[Origin] = set()
        self._origins = {_origin(address.url)}
        self._reached = False

    def close(self) -> None:
        """Close all connections."""
        for response in self._responses:
            response.close()
        self._pool.clear()

    def _http_request(
        self,
        url: str,
        headers: dict[str, str] | None = None,
        data: bytes | Iterator[bytes] | None = None,
        raise_for_status: bool = True,
    ) -> tuple[Any, Callable[[int], bytes]]:
        """Send a request; what dulwich's client is built on."""
        if isinstance(data, bytes):
            data = self.with_here(data)
        origin = _origin(url)
        if origin not in self._origins:
            raise RemoteError(f"{self._address.place} sends us to another server", hint="Check the address.")
        if data is not None and not isinstance(data, bytes) and origin not in self._known:
            self._probe(url, headers)
        response = self._send(url, headers, data)
        if response.status == 401:
            self._log_in(url, response)
            response = self._send(url, headers, data)
        self._judge(url, response)
        self._note_redirect(url, response)
        response.content_type = response.headers.get("Content-Type")
        return response, ResponseChannel(response, self._allowance).read

    def _probe(self, url: str, headers: dict[str, str] | None) -> None:
        """Find out with an empty request whether a password is asked for: a long one cannot be sent twice."""
        response = self._send(url, headers, b"0000")
        response.drain_conn()
        if response.status == 401:
            self._log_in(url, response)

    def _send(self, url: str, headers: dict[str, str] | None, data: bytes | Iterator[bytes] | None) -> Any:
        self._reach()
        sent = {**self._pool.headers, **(headers or {}), "Pragma": "no-cache"}
        if isinstance(data, bytes):
            sent["Content-Length"] = str(len(data))
        known = self._known.get(_origin(url))
        if known is not None:
            sent.update(urllib3.make_headers(basic_auth=f"{known.user}:{known.password}"))
        try:
            response = self._pool.request(
                "GET" if data is None else "POST",
                url,
                headers=sent,
                body=data,
                preload_content=False,
                redirect=data is None,
                retries=urllib3.Retry(connect=0, read=0, status=0, other=0, redirect=_REDIRECTS),
                timeout=self._timeout,
            )
        except (trouble.HTTPError, UnicodeError) as error:
            raise self._unreachable(error) from error
        self._responses.append(response)
        return response

    def _reach(self) -> None:
        if not self._reached and self._pool.proxy is None:
            _, host, port = _origin(self._address.url)
            look_up(host, port, self._patience)
        self._reached = True

    def _log_in(self, url: str, response: urllib3.BaseHTTPResponse) -> None:
        """Get a password from git, after the server has asked for one."""
        origin = _origin(_final(url, response))
        old = self._known.pop(origin, None)
        place = self._address.place
        if old is not None:
            self._credentials.reject(old)
            raise RemoteError(
                f"{place} refuses the user name and password that git knows for it",
                hint="Git was told to forget them; enter new ones with `git credential approve`, or run again.",
            )
        if origin not in self._origins and not self._is_allowed(origin):
            raise RemoteError(f"{place} sends us to another server", hint="Check the address.")
        scheme, host, port = origin
        asked = self._address
        if origin != _origin(asked.url):
            asked = asked._replace(scheme=scheme, host=host, port=None if port == _PORTS[scheme] else port)
        known = self._credentials.fill(asked)
        if known is None:
            raise RemoteError(
                f"{place} asks for a user name and password, and git knows none for it",
                hint="Set a credential helper, or run `git ls-remote URL` once: see `git help credentials`.",
            )
        self._known[origin] = known

    def _judge(self, url: str, response: urllib3.BaseHTTPResponse) -> None:
        """Refuse an answer that is none; tell git that the password was right."""
        place, status = self._address.place, response.status
        if status == 401:
            self._log_in(url, response)
        if status == 404:
            raise RemoteError(
                f"there is no git repository at {self._address.url}",
                hint="Check the address; some servers also say this to those who have no rights there.",
            )
        if status == 403:
            raise RemoteError(
                f"{place} refuses access (403)", hint="Ask whoever runs the server for the rights."
            )
        if status == 407:
            raise RemoteError(
                "the proxy asks for a user name and password", hint="See the setting http.proxy of git."
            )
        if status == 413:
            raise RemoteError(
                f"{place} refuses so large a push (413)", hint="Ask whoever runs the server to allow 64 MB."
            )
        if status != 200:
            raise RemoteError(f"{place} answers with HTTP status {status}", hint="Try again later.")
        known = self._known.get(origin := _origin(url))
        if known is not None and origin not in self._approved:
            self._approved.add(origin)
            self._credentials.approve(known)
        kind = response.headers.get("Content-Type") or ""
        if not kind.startswith("application/x-git-"):
            raise RemoteError(
                f"what answers at {self._address.url} is no git server, or one too old to push to",
                hint="Check the address.",
            )

    def _note_redirect(self, url: str, response: Any) -> None:
        final = _final(url, response)
        response.redirect_location = final if final != url else ""
        origin = _origin(final)
        if origin not in self._origins:
            if not self._is_allowed(origin):
                raise RemoteError(
                    f"{self._address.place} sends us to an address without encryption",
                    hint="Check the address.",
                )
            self._origins.add(origin)

    def _is_allowed(self, origin: Origin) -> bool:
        """Never from an encrypted connection to an open one."""
        return origin[0] == "https" or self._address.scheme == "http"

    def _unreachable(self, error: Exception) -> RemoteError:
        place = self._address.place
        while isinstance(error, trouble.MaxRetryError) and error.reason is not None:
            if isinstance(error.reason, trouble.ResponseError):
                return RemoteError(f"{place} sends us from one address to another", hint="Check the address.")
            error = error.reason
        if isinstance(error, trouble.SSLError):
            return _untrusted(place, str(error.args[0]))
        if isinstance(error, trouble.ProxyError):
            return UnreachableError(f"the proxy on the way to {place} does not work", hint=_NETWORK)
        if isinstance(error, trouble.NewConnectionError):
            cause = error.__cause__
            reason = cause.strerror if isinstance(cause, OSError) and cause.strerror else "it does not answer"
            return UnreachableError(f"cannot connect to {place}: {one_line(reason)}", hint=_NETWORK)
        if isinstance(error, trouble.ConnectTimeoutError):
            return UnreachableError(f"cannot connect to {place}: it does not answer", hint=_NETWORK)
        if isinstance(error, trouble.ReadTimeoutError):
            return UnreachableError(f"{place} does not answer", hint=_NETWORK)
        return UnreachableError(f"the connection to {place} broke", hint="Run the command again.")


def _untrusted(place: str, said: str) -> RemoteError:
    """Return the error for an encrypted connection that was not made, in words instead of those of OpenSSL."""
    reason = one_line(_OPENSSL.sub("", said)).rstrip(". ")
    if reason.startswith(_CERTIFICATE):
        return RemoteError(
            f"the certificate of {place} cannot be trusted: {reason.removeprefix(_CERTIFICATE).lstrip(': ')}",
            hint="See the setting http.sslCAInfo of git if the server has a certificate of its own.",
        )
    if any(words in said.lower().replace("_", " ") for words in _PLAIN):
        return RemoteError(
            f"{place} does not answer with an encrypted connection",
            hint="Check the port, and whether the address is an http:// one.",
        )
    return RemoteError(
        f"no encrypted connection to {place} can be made: {reason}",
        hint="Ask whoever runs the server; git has settings that begin with http.ssl.",
    )


def _final(url: str, response: urllib3.BaseHTTPResponse) -> str:
    """Return where a request ended up, after redirections."""
    return urljoin(url, response.geturl() or "")


def _origin(url: str) -> Origin:
    parts = urllib3.util.parse_url(url)
    scheme = parts.scheme or ""
    return scheme, (parts.host or "").strip("[]"), parts.port or _PORTS.get(scheme, 0)
