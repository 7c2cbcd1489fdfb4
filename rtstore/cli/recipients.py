"""``rtstore remote recipients``: who can open a backup."""

from __future__ import annotations

import os

import click

from rtstore.cli import text
from rtstore.cli.access import accessing, key_options
from rtstore.cli.complete import remotes
from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import UsageError
from rtstore.remote.keys.keyring import Keyring


@click.command("recipients")
@click.argument("name", shell_complete=remotes)
@click.argument("action", metavar="[add|remove]", required=False, type=click.Choice(["add", "remove"]))
@click.argument("recipients", metavar="[KEY|FILE]...", nargs=-1)
@key_options
@json_option
@click.pass_obj
def show_recipients(
    session: Session,
    name: str,
    action: str | None,
    recipients: tuple[str, ...],
    identities: tuple[str, ...],
    ssh_keys: tuple[str, ...],
    as_json: bool,
) -> None:
    """List, add or remove who can open a backup.

    One who is added can read all that is in it. One who is removed cannot read what is written from now on, and keeps
    what was read already: new keys are made for the others.

    \b
    Examples:
      rtstore remote recipients backup
      rtstore remote recipients backup add age1...
      rtstore remote recipients backup remove osk.pub
    """
    if (action is None) == bool(recipients):
        raise UsageError(
            "who is to be added or removed?" if action else "add or remove?",
            hint="`rtstore remote recipients NAME add KEY...`",
        )
    with accessing(identities, ssh_keys) as access:
        if action == "add":
            from rtstore.remote.keys.recipients import read_recipients

            keys = [each for given in recipients for each in read_recipients(given)]
            keyring = session.store.add_recipients(name, keys, access)
        elif action == "remove":
            names = [each for given in recipients for each in _members(given)]
            keyring = session.store.remove_recipients(name, names, access)
        else:
            keyring = session.store.recipients(name, access)
    session.has_changed = action is not None
    if as_json:
        session.out.json(
            {
                "fingerprint": keyring.fingerprint,
                "recipients": [
                    {"key": each.key, "comment": each.comment or None} for each in keyring.recipients
                ],
                "passphrase": keyring.passphrase,
                "generation": keyring.current.number,
            }
        )
    else:
        _present(session, keyring, action)


def _members(given: str) -> list[str]:
    """Return the keys in a file of them; what is no file names a recipient itself."""
    if not os.path.isfile(given):
        return [given]
    from rtstore.remote.keys.recipients import read_recipients

    return [each.key for each in read_recipients(given)]


def _present(session: Session, keyring: Keyring, action: str | None) -> None:
    for each in keyring.recipients:
        session.out.line(text.printable(str(each)))
    if keyring.passphrase:
        session.out.line(f"{'and ' if keyring.recipients else ''}whoever knows the passphrase")
    if action == "remove":
        session.out.said("note: what was pushed before can still be read by whoever could read it then")
