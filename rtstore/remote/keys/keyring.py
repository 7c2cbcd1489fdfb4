"""A backup's own keys, and who may open them.

Written down they are one JSON object, which is encrypted to the members and lies in the backup::

    {"format": 1,
     "backup": "0123456789abcdef0123456789abcdef",           16 random bytes
     "generations": [{"identity": "AGE-SECRET-KEY-1...",     the age key that parts and heads are encrypted to
                      "secret": "...",                       32 bytes: see the module `generation`
                      "announced": null}, ...],              null for the first, else 32 bytes
     "recipients": [{"key": "age1...", "comment": "desk"}, ...],
     "passphrase": false}                                    whether there is a passphrase besides

Bytes are in hex, and of small letters.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

from rtstore.errors import KeyFileError, NothingToDoError, TamperError
from rtstore.remote.keys.age import Recipient
from rtstore.remote.keys.generation import BACKUP_ID_SIZE, Generation
from rtstore.remote.keys.recipients import MAX_RECIPIENTS

#: As many members can be removed from a backup, one after the other.
MAX_GENERATIONS: Final = 1000
_FINGERPRINT: Final = b"rtstore backup fingerprint\n"
_NOBODY: Final = "nobody could open the backup any more"


class Keyring:
    """The keys of a backup. A change makes another keyring. What it prints as has no secret.

    ``backup`` is the id of the backup; ``generations`` are in their order, at least one; ``recipients`` are those it
    is wrapped for; ``passphrase``: it is wrapped for a passphrase, too.
    """

    __slots__ = ("backup", "generations", "passphrase", "recipients")

    def __init__(
        self,
        backup: bytes,
        generations: tuple[Generation, ...],
        recipients: tuple[Recipient, ...],
        passphrase: bool,
    ) -> None:
        self.backup = backup
        self.generations = generations
        self.recipients = recipients
        self.passphrase = passphrase

    @classmethod
    def create(cls, recipients: Iterable[Recipient] = (), *, passphrase: bool = False) -> Keyring:
        """Return the keys of a new backup.

        Raises:
            KeyFileError: there are neither recipients nor a passphrase, or too many recipients.
        """
        members = _members(recipients)
        made = cls(os.urandom(BACKUP_ID_SIZE), (Generation.first(),), members, passphrase)
        return made._checked()

    @property
    def current(self) -> Generation:
        """The generation that new parts and heads are written with."""
        return self.generations[-1]

    def generation(self, number: int) -> Generation:
        """Return a generation by its number, from 1.

        Raises:
            TamperError: there is none: whoever wrote that number has other keys.
        """
        if not 0 < number <= len(self.generations):
            raise TamperError(
                f"the backup speaks of keys {number}, and its key file has {len(self.generations)}"
            )
        return self.generations[number - 1]

    @property
    def fingerprint(self) -> str:
        """What tells this backup from any other, for people: 32 hex digits in groups of four.

        It stays when members come and go. Nobody can make other keys that have it.
        """
        first = self.generations[0]
        what = _FINGERPRINT + self.backup + first.commitment + first.public_key.encode()
        digits = hashlib.sha256(what).hexdigest()[:32]
        return "-".join(digits[start : start + 4] for start in range(0, 32, 4))

    def has_fingerprint(self, given: str) -> bool:
        """Return whether a fingerprint that somebody wrote down is this one: case, spaces and dashes do not count."""
        return "".join(given.split()).replace("-", "").lower() == self.fingerprint.replace("-", "")

    def next_generation(self) -> Keyring:
        """Return the keyring with new keys for what is written from now on.

        Raises:
            KeyFileError: there were too many already.
        """
        if len(self.generations) >= MAX_GENERATIONS:
            raise KeyFileError(
                f"the keys of this backup were changed {MAX_GENERATIONS:,} times, which is all it can have",
                hint="Make a new backup.",
            )
        following = self.current.following(self.backup)
        return Keyring(self.backup, (*self.generations, following), self.recipients, self.passphrase)

    def adding(self, recipients: Iterable[Recipient]) -> Keyring:
        """Return the keyring with more members: they can read everything, what is there already too.

        Raises:
            NothingToDoError: all of them are members.
            KeyFileError: there would be too many.
        """
        members = _members((*self.recipients, *recipients))
        if len(members) == len(self.recipients):
            raise NothingToDoError("they are recipients of this backup already")
        return Keyring(self.backup, self.generations, members, self.passphrase)._checked()

    def removing(self, recipients: Iterable[Recipient]) -> Keyring:
        """Return the keyring without some members, and with new keys for what is written from now on.

        Raises:
            KeyFileError: one is no member, or nobody would be left.
        """
        gone = set(recipients)
        if strangers := gone - set(self.recipients):
            raise KeyFileError(f"{min(map(str, strangers))} is not a recipient of this backup")
        members = tuple(member for member in self.recipients if member not in gone)
        return Keyring(self.backup, self.generations, members, self.passphrase)._checked().next_generation()

    def with_passphrase(self) -> Keyring:
        """Return the keyring to be wrapped for a passphrase, too; instead of another one, with new keys.

        Raises:
            KeyFileError: there were too many new keys already.
        """
        if self.passphrase:
            return self.next_generation()
        return Keyring(self.backup, self.generations, self.recipients, True)

    def without_passphrase(self) -> Keyring:
        """Return the keyring without a passphrase, and with new keys for what is written from now on.

        Raises:
            NothingToDoError: it has none.
            KeyFileError: nobody would be left.
        """
        if not self.passphrase:
            raise NothingToDoError("this backup has no passphrase")
        return Keyring(self.backup, self.generations, self.recipients, False)._checked().next_generation()

    def find(self, name: str) -> list[Recipient]:
        """Return the members that somebody means by a key, its beginning, or the comment."""
        if not name:
            return []
        exact = [member for member in self.recipients if name in (member.key, member.comment, str(member))]
        return exact or [
            member for member in self.recipients if len(name) >= 8 and member.key.startswith(name)
        ]

    @property
    def marks(self) -> tuple[bytes, ...]:
        """A hash of each generation, by which it is known again: no secret, and to be remembered."""
        return tuple(each.mark(self.backup) for each in self.generations)

    def check_succession(self, older: Keyring) -> None:
        """See that members made this keyring of an older one of the same backup.

        Raises:
            TamperError: it is of another backup, lacks or changes older keys, or has keys that nobody announced.
        """
        self.check_marks(older.marks)

    def check_marks(self, known: tuple[bytes, ...]) -> None:
        """The same, where of the older keyring only the marks are remembered; at least one.

        Raises:
            TamperError: it is of another backup, lacks or changes older keys, or has keys that nobody announced.
        """
        marks = self.marks
        if marks[0] != known[0]:
            raise TamperError(
                "the remote holds another backup than before: its keys are not those known here",
                hint=f"Its fingerprint is {self.fingerprint}: ask other members whether theirs is the same.",
            )
        if marks[: len(known)] != known:
            raise TamperError("keys of the backup that are known here are missing or changed in the remote")
        for before, after in pairwise(self.generations[len(known) - 1 :]):
            if not before.announces(self.backup, after):
                raise TamperError(f"keys {after.number} of the backup were not made by one of its members")

    def succeeds(self, older: Keyring) -> bool:
        """Return whether members made this keyring of an older one, or it is the same."""
        try:
            self.check_succession(older)
        except TamperError:
            return False
        return True

    def _checked(self) -> Keyring:
        if not self.recipients and not self.passphrase:
            raise KeyFileError(_NOBODY, hint="Keep at least one recipient, or a passphrase.")
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keyring) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((self.backup, len(self.generations)))

    def _values(self) -> tuple[object, ...]:
        members = tuple((member.key, member.comment) for member in self.recipients)
        return self.backup, self.generations, members, self.passphrase

    def __repr__(self) -> str:
        return f"<Keyring {self.fingerprint}: {len(self.generations)} generations, {len(self.recipients)} recipients>"


def _members(recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    members = tuple(dict.fromkeys(recipients))
    if len(members) > MAX_RECIPIENTS:
        raise KeyFileError(f"a backup has at most {MAX_RECIPIENTS} recipients, and these are {len(members)}")
    return members
