"""The files in which a backup's keys lie in the remote, each an age file with the same text.

``keys/recipients.age`` is for all recipients, ``keys/passphrase.age`` for a passphrase: age cannot have both in one
file. Anybody can make such files; who made them says the fingerprint, or what is remembered of the keyring.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from rtstore.errors import KeyFileError, TamperError
from rtstore.remote.keys import age, encoding
from rtstore.remote.keys.identities import AskPassphrase
from rtstore.remote.keys.keyring import Keyring

RECIPIENTS_FILE: Final = "keys/recipients.age"
PASSPHRASE_FILE: Final = "keys/passphrase.age"
#: Bytes of a key file: that of a keyring, and the header.
MAX_FILE: Final = encoding.MAX_SIZE + (768 << 10)


def wrap(keyring: Keyring, passphrase: str | None = None) -> dict[str, bytes]:
    """Return the key files of a backup by their path in the remote; files that are not among them are to go.

    ``passphrase`` is needed every time for a keyring that has one, since it is not kept anywhere.

    Raises:
        KeyFileError: the passphrase is missing or empty, or given for a keyring that has none.
    """
    if keyring.passphrase and not passphrase:
        raise KeyFileError(
            "the passphrase of the backup is needed to lock its new keys with it",
            hint="Give it again, or take the passphrase away.",
        )
    if passphrase is not None and not keyring.passphrase:
        raise KeyFileError("this backup has no passphrase that its keys could be locked with")
    text, files = encoding.encode(keyring), dict[str, bytes]()
    if keyring.recipients:
        files[RECIPIENTS_FILE] = age.encrypt(text, keyring.recipients)
    if passphrase is not None:
        files[PASSPHRASE_FILE] = age.encrypt_with_passphrase(text, passphrase)
    return files


def unwrap(
    files: Mapping[str, bytes], identities: Sequence[age.Identity] = (), ask: AskPassphrase | None = None
) -> Keyring:
    """Return the keyring in the key files of a backup.

    The identities are tried first. ``ask`` is called if none of them fits and there is a file for a passphrase.

    Raises:
        KeyFileError: none of the keys at hand opens it.
        TamperError: a key file was altered, or is missing.
        FormatVersionError: a newer rtstore wrote it.
    """
    if RECIPIENTS_FILE not in files and PASSPHRASE_FILE not in files:
        raise TamperError(f"the backup has no keys: neither {RECIPIENTS_FILE} nor {PASSPHRASE_FILE}")
    if (data := _bounded(files, RECIPIENTS_FILE)) is not None and identities:
        try:
            return encoding.decode(age.decrypt(data, identities, RECIPIENTS_FILE), RECIPIENTS_FILE)
        except KeyFileError:
            pass  # it is for others: there may be a passphrase
    if (data := _bounded(files, PASSPHRASE_FILE)) is not None and ask is not None:
        text = age.decrypt_with_passphrase(data, ask("the backup"), "the backup's key file")
        return encoding.decode(text, PASSPHRASE_FILE)
    raise KeyFileError(
        "none of the keys at hand opens this backup",
        hint="Bring one that does: `rtstore key import FILE`, --identity FILE or --ssh-key FILE. Or ask a member to "
        "add this machine's, which `rtstore key show --create` prints.",
    )


def _bounded(files: Mapping[str, bytes], path: str) -> bytes | None:
    data = files.get(path)
    if data is not None and len(data) > MAX_FILE:
        raise TamperError(f"{path} is larger than any key file")
    return data
