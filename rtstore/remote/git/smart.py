"""A git repository behind a server that speaks git's protocol: the conversation, whatever it travels on."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any, Final, NamedTuple

from dulwich.client import GitClient, LsRemoteResult, SendPackResult
from dulwich.objects import ObjectID
from dulwich.refs import Ref

from rtstore.errors import RemoteError, RemoteMovedError, UnreachableError
from rtstore.remote.git.bounds import Bounds
from rtstore.remote.git.channel import Allowance
from rtstore.remote.git.failures import one_line, told_plainly
from rtstore.remote.git.left import Left, Together
from rtstore.remote.git.objects import is_id
from rtstore.remote.git.packing import records, unique
from rtstore.remote.git.received import Receiver
from rtstore.remote.git.refname import PREFIX, ref_of
from rtstore.remote.git.repository import Branches, GitObject, GitObjects, Progress, Repository
from rtstore.storage.files import Files

_HEAD: Final = b"HEAD"
#: How a request for a pack ends, as git writes it.
_DONE: Final = b"0009done\n"
#: Ids for servers of old, which acknowledge each at once; what they say then waits, unread, in a pipe.
_HERE_UNREAD: Final = 400
#: What servers say when another push has the branch in hand at this moment.
_IN_HAND: Final = ("fetch first", "stale info", "cannot lock ref", "failed to update ref", "failed to lock")
_IN_HAND_TOO: Final = ("incorrect old value", "reference already exists", "already exists")


class Client(GitClient):
    """A client of dulwich's that tells a server of objects besides commits which need not be sent: ``here``.

    Git's servers take the ids of files for that as they take those of commits; one that does not know them, or does not
    care, sends everything.
    """

    here: Sequence[str] = ()

    def with_here(self, data: bytes) -> bytes:
        """Return (a part of) a request with the ids, which go before its last word."""
        if not self.here:
            return data
        before, done, after = data.rpartition(_DONE)
        ids = self.here if self.protocol_version == 2 else self.here[:_HERE_UNREAD]
        return (
            before + b"".join(b"0032have %s\n" % id.encode() for id in ids) + done + after if done else data
        )


class Conversation(NamedTuple):
    """A client, and the path it wants to be given with every call."""

    client: Client
    path: bytes
    allowance: Allowance
    #: Ends it when it went well.
    close: Callable[[], None]
    #: Ends it at once, when it did not.
    abandon: Callable[[], None]
    #: Tells why the server hung up, if that is known.
    last_words: Callable[[], Exception | None]


class SmartRepository(Repository):
    """A repository behind a server."""

    def __init__(self, place: str, files: Files, bounds: Bounds) -> None:
        self._place = place
        self._files = files
        self._bounds = bounds

    @abstractmethod
    def begin(self, allowance: Allowance) -> Conversation:
        """Return what a conversation needs."""

    def branches(self) -> Branches:
        """Return the branches; see ``Repository``."""
        with self._talk() as talk:
            found = talk.client.get_refs(talk.path, ref_prefix=[_HEAD, PREFIX])
        return self._branches(found)

    @contextmanager
    def fetch(
        self,
        tip: str,
        known: str | None,
        directory: str,
        progress: Progress,
        left: Sequence[str] = (),
    ) -> Iterator[GitObjects]:
        """Receive one pack; see ``Repository``."""
        with (
            closing(Left(left, self._bounds)) as here,
            closing(Receiver(self._files, directory, self._bounds, progress)) as receiver,
        ):
            try:
                self._receive_rest(receiver, tip, known, here.known())
                with closing(receiver.finish()) as objects:
                    yield Together(objects, here, receiver.leave)
            except BaseException as error:
                if isinstance(error, UnreachableError) or not isinstance(error, Exception):
                    receiver.leave()
                raise

    def _receive_rest(self, receiver: Receiver, tip: str, known: str | None, here: Sequence[str]) -> None:
        """Receive what is not ``here``; everything from a server that takes offence at being told of files."""
        try:
            self._receive(receiver, tip, known, here)
        except RemoteMovedError:
            raise
        except RemoteError:
            if not here or receiver.received:
                raise
            self._receive(receiver, tip, known, ())

    def _receive(self, receiver: Receiver, tip: str, known: str | None, here: Sequence[str]) -> None:
        with self._talk() as talk:

            def take(data: bytes) -> int:
                talk.allowance.give(len(data))
                return receiver.write(data)

            talk.client.here = here
            talk.client.fetch_pack(
                talk.path,
                lambda _, depth=None: [ObjectID(tip.encode())],
                _Walker(known),
                take,
                ref_prefix=[_HEAD, PREFIX],
            )

    def push(
        self, branch: str, old: str | None, new: str, objects: Sequence[GitObject], progress: Progress
    ) -> None:
        """Send one pack and let the server move the branch; see ``Repository``."""
        ref = ref_of(branch)
        objects = unique(objects)
        moved = False

        def update(refs: dict[Ref, ObjectID]) -> dict[Ref, ObjectID]:
            nonlocal moved
            here = refs.get(ref)
            moved = (None if here is None else here.decode("ascii", "replace")) != old
            return {} if moved else {ref: ObjectID(new.encode())}

        def generate(*_: Any, **__: Any) -> Any:
            return len(objects), records(objects, progress)

        with self._talk() as talk:
            result = talk.client.send_pack(talk.path, update, generate)
        if moved:
            raise self._moved(branch)
        self._judge(branch, ref, old, new, result)

    def _judge(self, branch: str, ref: Ref, old: str | None, new: str, result: SendPackResult) -> None:
        """Find out what the server did with the branch."""
        if old == new:
            return
        said = result.ref_status or {}
        reason = said.get(ref, "it did not say what it did with the branch")
        if reason is None:
            return
        reason = one_line(reason)
        # Only where the branch is now tells whether somebody else was faster or the server has a rule against it.
        here = self.branches().commits.get(branch)
        if here == new and ref not in said:
            return
        if here != old or any(words in reason for words in _IN_HAND + _IN_HAND_TOO):
            raise self._moved(branch)
        raise RemoteError(
            f"{self._place} refuses to move the branch {branch}: {reason}",
            hint="The server has a rule against it: ask whoever runs it, or use another branch.",
        )

    def _moved(self, branch: str) -> RemoteMovedError:
        return RemoteMovedError(
            f"the branch {branch} of {self._place} was moved by somebody else", hint="Fetch, then push again."
        )

    @contextmanager
    def _talk(self) -> Iterator[Conversation]:
        with told_plainly(self._place):
            talk = self.begin(Allowance(self._place, self._bounds))
        try:
            with told_plainly(self._place, talk.last_words):
                yield talk
        except BaseException:
            talk.abandon()
            raise
        talk.close()

    def _branches(self, found: LsRemoteResult) -> Branches:
        if (found.object_format or "sha1") != "sha1":
            raise RemoteError(
                f"the repository at {self._place} names its objects by SHA-256, which rtstore cannot use",
                hint="Make one that it can: `git init --bare --object-format=sha1 PATH`.",
            )
        commits = {}
        for name, id in found.refs.items():
            if name.startswith(PREFIX) and id is not None and not name.endswith(b"^{}"):
                text = id.decode("ascii", "replace")
                if not is_id(text):
                    raise RemoteError(
                        f"what answers at {self._place} is no git server, or a broken one",
                        hint="Check the address.",
                    )
                commits[name[len(PREFIX) :].decode("utf-8", "surrogateescape")] = text
        head = found.symrefs.get(Ref(_HEAD), b"")
        default = head[len(PREFIX) :].decode("utf-8", "surrogateescape") if head.startswith(PREFIX) else None
        return Branches(commits, default)


class _Walker:
    """Tells a server the one commit that is known here."""

    shallow: frozenset[ObjectID] = frozenset()

    def __init__(self, known: str | None) -> None:
        self._next = None if known is None else ObjectID(known.encode())

    def __iter__(self) -> _Walker:
        return self

    def __next__(self) -> ObjectID | None:
        given, self._next = self._next, None
        return given

    def ack(self, sha: ObjectID) -> None:
        """Take note that the server has the commit: it sends what it has besides."""

    def nak(self) -> None:
        """Take note that the server does not have the commit: it sends everything."""
