"""Recipients as users name them: a public key, or a file of public keys.

A file is an ssh ``.pub`` file, or one recipient a line with ``#`` before comments, as the age tool takes it with
``-R``. A private key that is given by mistake is refused, and never shown.
"""

from __future__ import annotations

from typing import Final

from rtstore.errors import KeyFileError
from rtstore.remote.keys import age, ssh
from rtstore.remote.keys.keyfiles import has_secret, read_key_file

#: Members of one backup.
MAX_RECIPIENTS: Final = 100
#: Characters of a recipient: an RSA key of 16,384 bits has 2,800.
MAX_LENGTH: Final = 4096
MAX_COMMENT: Final = 200

_OTHER_SSH: Final = ("ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-")
_WAYS: Final = "A recipient is age1..., ssh-ed25519 ..., ssh-rsa ..., or the path of a file with those."


def parse_recipient(text: str, where: str = "") -> age.Recipient:
    """Return the recipient that a text is: ``age1...``, ``ssh-ed25519 ...`` or ``ssh-rsa ...``.

    ``where`` is for messages: the file and line it is from.

    Raises:
        KeyFileError: it is none, or a private key.
    """
    text, place = text.strip(), f"{where}: " if where else ""
    _refuse_secret(text, where or "what was given as recipient")
    found = None
    if len(text) <= MAX_LENGTH and text.isprintable():
        words = text.split(maxsplit=1)
        if words and words[0].lower().startswith("age1"):
            found = age.age_recipient(words[0], words[1] if len(words) > 1 else "")
        else:
            found = ssh.recipient(text)
    if found is None:
        raise KeyFileError(
            f"{place}{_shortened(text)} is not a recipient that age can encrypt to", hint=_why(text)
        )
    return age.Recipient(found.key, found.handle, found.comment[:MAX_COMMENT])


def read_recipients(given: str) -> list[age.Recipient]:
    """Return the recipients that a user names: one as text, or those in a file.

    Raises:
        KeyFileError: there are none, too many, or something that is no recipient.
        StorageError: the file cannot be read.
    """
    if _looks_like_key(given):
        return [parse_recipient(given)]
    try:
        content = read_key_file(given)
    except FileNotFoundError:
        what = f"{_shortened(given)} is neither a recipient nor a file"
        raise KeyFileError(what, hint=_WAYS) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise KeyFileError(f"{given} is not a file of recipients: it is not text", hint=_WAYS) from None
    _refuse_secret(text, given)
    found = [
        parse_recipient(line, f"{given}:{number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if not 0 < len(found) <= MAX_RECIPIENTS:
        raise KeyFileError(
            f"{given} has {len(found) or 'no'} recipients", hint=f"At most {MAX_RECIPIENTS} are allowed."
        )
    return found


def _looks_like_key(given: str) -> bool:
    start = given.lstrip()
    ssh_key = start.startswith(_OTHER_SSH) and " " in given.strip()
    return ssh_key or start.lower().startswith("age1") or has_secret(given)


def _refuse_secret(text: str, where: str) -> None:
    if has_secret(text):
        raise KeyFileError(
            f"{where} is a private key: nobody else may see it, and a recipient is its public part",
            hint="The public part is in FILE.pub for ssh; `age-keygen -y FILE` prints that of an age key.",
        )


def _why(text: str) -> str:
    if text.startswith(_OTHER_SSH) and not text.startswith("ssh-ed25519"):
        return "Of ssh's keys age can use ssh-ed25519, and ssh-rsa from 2,048 bits on."
    if text.startswith("age1") and text.count("1") > 1 and not text.isupper():
        return f"It may be mistyped, or need a plugin, which rtstore does not use. {_WAYS}"
    return _WAYS


def _shortened(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:32]}...")
