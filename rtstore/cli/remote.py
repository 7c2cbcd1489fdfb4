"""``rtstore remote``: the encrypted backups of a workspace."""

from __future__ import annotations

from typing import Any

import click

from rtstore.cli import text
from rtstore.cli.access import accessing, key_options
from rtstore.cli.complete import remotes
from rtstore.cli.group import SuggestingGroup
from rtstore.cli.jsonout import hex_or_none
from rtstore.cli.options import json_option
from rtstore.cli.passphrase import Passphrases
from rtstore.cli.recipients import show_recipients
from rtstore.cli.session import Session
from rtstore.errors import DamagedError
from rtstore.remote.setup import Added, Members
from rtstore.workspace.remotes import Remote


@click.group(cls=SuggestingGroup, invoke_without_command=True)
@click.pass_context
def remote(ctx: click.Context) -> None:
    """Add, look at, check or forget encrypted backups.

    A backup is a branch of any git repository: a directory, or a private repository on a host. Everything in it is
    encrypted before it leaves this machine.

    Without COMMAND, list them.

    \b
    Examples:
      rtstore remote add backup git@example.org:mara/lora-data.git
      rtstore push
    """
    if ctx.invoked_subcommand is None:
        ctx.invoke(remote_list, as_json=False)


@remote.command("add")
@click.argument("name")
@click.argument("url")
@click.option("--branch", metavar="NAME", help="The branch for the backup, in a repository that has others.")
@click.option(
    "--recipient",
    "recipients",
    metavar="KEY|FILE",
    multiple=True,
    help="Somebody else who can open it: age1..., ssh-ed25519 ..., or a file of these. Several are fine.",
)
@click.option(
    "--ssh-key", metavar="FILE", type=click.Path(), help="Open it with this ssh key, not with this machine's."
)
@click.option("--passphrase", is_flag=True, help="Open it with a passphrase, which is asked for.")
@click.option("--identity", metavar="FILE", type=click.Path(), help="Open it with the age key in FILE.")
@click.option("--fingerprint", metavar="F", help="Only if the backup that is there has this fingerprint.")
@json_option
@click.pass_obj
def remote_add(
    session: Session,
    name: str,
    url: str,
    branch: str | None,
    recipients: tuple[str, ...],
    ssh_key: str | None,
    passphrase: bool,
    identity: str | None,
    fingerprint: str | None,
    as_json: bool,
) -> None:
    """Add a backup, new or already there.

    A new one gets keys of its own, which this machine's key opens (see `rtstore key`), or with --ssh-key,
    --identity or --passphrase that. Nothing is written to the repository before the first `rtstore push`.

    \b
    Example:
      rtstore remote add backup git@example.org:mara/lora-data.git
    """
    from rtstore.remote.keys.recipients import read_recipients

    others = [each for given in recipients for each in read_recipients(given)]
    files = ((identity,) if identity else (), (ssh_key,) if ssh_key else ())
    passphrases = Passphrases()
    with accessing(*files, passphrases) as access:
        chosen = passphrases.choose("the backup") if passphrase else None
        own = [each.recipient for each in access.identities]
        added = session.store.add_remote(
            name, url, Members(own, chosen, others), branch=branch, fingerprint=fingerprint, access=access
        )
    session.has_changed = True
    if as_json:
        session.out.json(_added_json(added))
    else:
        _tell_added(session, added, ssh_key or identity)
    if not added.is_new and (recipients or passphrase):
        session.out.note(
            "note: the backup was there already, so nobody new can open it; "
            f"`rtstore remote recipients {name} add KEY` lets somebody in"
        )


def _tell_added(session: Session, added: Added, key: str | None) -> None:
    out = session.out
    where = f"{text.printable(added.address)}, branch {added.branch}"
    out.said(f"Added {added.name}{', new,' if added.is_new else ''} at {where}")
    out.said(f"Fingerprint: {out.styled(added.fingerprint, 'bold')}")
    if not added.is_new:
        out.said("Compare it with the one that was shown where the backup was made.")
        return
    out.line("")
    out.said("Keep two things apart from this machine, on paper or on a stick:")
    out.said("- the fingerprint above: by it you know the backup as yours when you get it back")
    for line in _what_to_keep(added, key):
        out.said(line)
    out.said("Nobody can open the backup without a key, and nobody can make a new one for you.")
    out.said(f"hint: `rtstore push {added.name}` sends the first backup")


def _what_to_keep(added: Added, key: str | None) -> list[str]:
    if added.identity is not None:
        made = ", just made" if added.made_identity else ""
        return [
            f"- a copy of this machine's key{made} (`rtstore key export FILE`):",
            f"  {text.printable(added.identity)}",
        ]
    if added.passphrase and not added.recipients:
        return ["- the passphrase"]
    if key is not None:
        return [
            f"- a copy of the key in {text.printable(key)}"
            + (", or the passphrase" if added.passphrase else "")
        ]
    return ["- a private key of one of the recipients" + (", or the passphrase" if added.passphrase else "")]


def _added_json(added: Added) -> dict[str, Any]:
    return {
        "name": added.name,
        "url": added.address,
        "branch": added.branch,
        "fingerprint": added.fingerprint,
        "recipients": list(added.recipients),
        "passphrase": added.passphrase,
        "new": added.is_new,
        "identity": added.identity,
    }


@remote.command("list")
@json_option
@click.pass_obj
def remote_list(session: Session, as_json: bool) -> None:
    """List the remotes of this workspace.

    \b
    Example:
      rtstore remote list
    """
    found = session.store.remotes()
    if as_json:
        session.out.json([_remote_json(name, each) for name, each in found.items()])
        return
    width = max(map(len, found), default=0)
    for name, each in found.items():
        session.out.said(f"{name.ljust(width)}  {text.printable(each.address)}  ({each.branch})")
    if not found:
        session.out.said("hint: `rtstore remote add backup URL` adds one")


@remote.command("show")
@click.argument("name", shell_complete=remotes)
@json_option
@click.pass_obj
def remote_show(session: Session, name: str, as_json: bool) -> None:
    """Show what is known of a remote from the last time.

    \b
    Example:
      rtstore remote show backup
    """
    found = session.store.remote(name)
    if as_json:
        session.out.json(_remote_json(name, found))
        return
    out = session.out
    out.said(f"Address:     {text.printable(found.address)}")
    out.line(f"Branch:      {found.branch}")
    out.said(f"Fingerprint: {found.fingerprint}")
    out.line(f"Pushes:      {found.number or 'none yet'}")
    for kind, refs in (("Branches", found.branches), ("Tags", found.tags)):
        for at, (ref, commit) in enumerate(sorted(refs.items())):
            out.line(
                f"{(kind + ':' if not at else '').ljust(12)} {ref} {out.styled(text.short(commit), 'yellow')}"
            )


def _remote_json(name: str, found: Remote) -> dict[str, Any]:
    return {
        "name": name,
        "url": found.address,
        "branch": found.branch,
        "fingerprint": found.fingerprint,
        "pushes": found.number,
        "branches": {ref: hex_or_none(commit) for ref, commit in sorted(found.branches.items())},
        "tags": {ref: hex_or_none(commit) for ref, commit in sorted(found.tags.items())},
    }


@remote.command("remove")
@click.argument("name", shell_complete=remotes)
@json_option
@click.pass_obj
def remote_remove(session: Session, name: str, as_json: bool) -> None:
    """Forget a remote; what it holds stays there.

    \b
    Example:
      rtstore remote remove backup
    """
    try:
        found = session.store.remote(name)
    except DamagedError:  # this is the way to get rid of it
        found = Remote(address="", branch="")
    session.store.remove_remote(name)
    session.has_changed = True
    if as_json:
        session.out.json(_remote_json(name, found))
        return
    if not found.address:
        session.out.said(f"Forgot {name}, of which the file was damaged")
        return
    session.out.said(f"Forgot {name}; what is at {text.printable(found.address)} stays there")
    if found.fingerprint:
        session.out.said(f"hint: it can be added again: its fingerprint is {found.fingerprint}")


@remote.command("rename")
@click.argument("old", shell_complete=remotes)
@click.argument("new")
@json_option
@click.pass_obj
def remote_rename(session: Session, old: str, new: str, as_json: bool) -> None:
    """Give a remote another name.

    \b
    Example:
      rtstore remote rename backup home
    """
    session.store.rename_remote(old, new)
    session.has_changed = True
    if as_json:
        session.out.json(_remote_json(new, session.store.remote(new)))
        return
    session.out.line(f"{old} is called {new} now")


@remote.command("verify")
@click.argument("name", required=False, shell_complete=remotes)
@key_options
@json_option
@click.pass_obj
def remote_verify(
    session: Session, name: str | None, identities: tuple[str, ...], ssh_keys: tuple[str, ...], as_json: bool
) -> None:
    """Download all of a backup and check it; nothing of it is kept.

    \b
    Example:
      rtstore remote verify backup
    """
    with accessing(identities, ssh_keys) as access:
        found = session.store.verify_remote(name, access)
    if as_json:
        session.out.json(found._asdict())
        return
    out = session.out
    out.said(f"All of it is there and sound: {text.plural(found.parts, 'part')}, {text.size(found.bytes)}")
    out.said(
        f"  {text.plural(found.commits, 'commit')}, {text.plural(found.datasets, 'version')} of datasets, "
        f"{text.plural(found.entries, 'record')}"
    )
    out.said(f"  push {found.number}, fingerprint {found.fingerprint}")
    if found.stray:
        left = "was" if found.stray == 1 else "were"
        out.said(
            f"  {text.plural(found.stray, 'part')} that an interrupted push left behind {left} not looked at; "
            "`rtstore remote compact` removes them"
        )


@remote.command("compact")
@click.argument("name", required=False, shell_complete=remotes)
@key_options
@json_option
@click.pass_obj
def remote_compact(
    session: Session, name: str | None, identities: tuple[str, ...], ssh_keys: tuple[str, ...], as_json: bool
) -> None:
    """Write a backup anew, as small as it can be.

    Its parts become few and full, and its git history is left behind. What somebody else pushes meanwhile is not lost.

    \b
    Example:
      rtstore remote compact backup
    """
    with accessing(identities, ssh_keys) as access:
        found = session.store.compact_remote(name, access)
    session.has_changed = True
    if as_json:
        session.out.json(found._asdict())
        return
    session.out.said(
        f"Wrote the backup anew: {text.plural(found.after, 'part')} instead of {found.before:,}, "
        f"{text.size(found.sent)} sent"
    )
    if not found.without_history:
        session.out.said(
            "note: the server does not let a branch leave its history behind, so the old parts still lie in that"
        )


remote.add_command(show_recipients)
