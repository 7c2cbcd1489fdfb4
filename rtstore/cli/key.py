"""``rtstore key``: this machine's key."""

from __future__ import annotations

import click

from rtstore.cli import environment, text
from rtstore.cli.group import SuggestingGroup
from rtstore.cli.options import json_option
from rtstore.cli.passphrase import Passphrases
from rtstore.cli.session import Session
from rtstore.remote.keys import own
from rtstore.storage.files import Files


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def key(ctx: click.Context) -> int:
    """Show, save or take over the key of this machine.

    Encrypted backups are opened with it. It is an age key in a file that only you can read, and is made when it
    is first needed. Who loses it, and has no other key to a backup, has lost the backup.

    \b
    Examples:
      rtstore key show
      rtstore key export /media/stick/laptop.key --passphrase
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        return 2
    return 0


@key.command("show")
@click.option("--create", is_flag=True, help="Make the key, if there is none yet.")
@json_option
@click.pass_obj
def key_show(session: Session, create: bool, as_json: bool) -> None:
    """Show the public key, and where the private one lies.

    The public key is no secret: give it to somebody who is to let you read a backup. The private one is never
    shown.

    \b
    Example:
      rtstore key show --create
    """
    session.could_change = create
    directory, made = environment.user_config_directory(), False
    if create:
        identity, made = own.ensure_own_identity(Files(), directory)
    else:
        identity = own.own_identity(directory)
    path = own.identity_path(directory)
    if as_json:
        session.out.json({"public_key": identity.recipient.key, "path": path, "made": made})
        return
    session.out.line(f"Public key:  {identity.recipient.key}")
    session.out.line(f"Private key: {text.printable(path)}{' (just made)' if made else ''}")


@key.command("export")
@click.argument("file", type=click.Path())
@click.option("--passphrase", is_flag=True, help="Ask for a passphrase to lock the copy with.")
@json_option
@click.pass_obj
def key_export(session: Session, file: str, passphrase: bool, as_json: bool) -> None:
    """Save a copy of the private key to a new file.

    Keep it where you find it when this machine is lost. The tool `age` can use it, too: `age -d -i FILE`.

    \b
    Example:
      rtstore key export /media/stick/laptop.key --passphrase
    """
    directory = environment.user_config_directory()
    own.check_export(directory, file)  # before anybody thinks of a passphrase
    chosen = Passphrases().choose("the copy") if passphrase else None
    identity = own.export_identity(Files(), directory, file, chosen)
    if as_json:
        session.out.json({"public_key": identity.recipient.key, "path": file, "locked": passphrase})
        return
    session.out.line(f"Saved this machine's key to {text.printable(file)}")
    who = "Who has this file and the passphrase" if passphrase else "Who has this file"
    session.out.said(f"{who} can read every backup that this machine can: keep it apart from them.")


@key.command("import")
@click.argument("file", type=click.Path())
@click.option(
    "-f", "--force", is_flag=True, help="Also where this machine has another key, which is kept beside."
)
@json_option
@click.pass_obj
def key_import(session: Session, file: str, force: bool, as_json: bool) -> None:
    """Make the key in a file the key of this machine.

    FILE is what `rtstore key export` or `age-keygen` wrote. If a passphrase locks it, that is asked for.

    \b
    Example:
      rtstore key import /media/stick/laptop.key
    """
    directory = environment.user_config_directory()
    done = own.import_identity(Files(), directory, file, force=force, ask=Passphrases().ask)
    public, path = done.identity.recipient.key, own.identity_path(directory)
    if as_json:
        session.out.json({"public_key": public, "path": path, "changed": done.changed, "kept": done.kept})
        return
    session.out.line(f"This machine's key is {'now' if done.changed else 'already'} {public}")
    if done.kept is not None:
        session.out.line(f"Its old key is kept in {text.printable(done.kept)}")
