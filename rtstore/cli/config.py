"""``rtstore config``."""

from __future__ import annotations

import click

from rtstore.cli.options import json_option
from rtstore.cli.session import Session
from rtstore.errors import NothingToDoError, UsageError
from rtstore.workspace.config import KNOWN, Place, Setting


def _keys(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [key for key in KNOWN if key.startswith(incomplete)]


def _values(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    known = KNOWN.get(ctx.params.get("key") or "")
    return [value for value in (known.choices if known is not None else ()) if value.startswith(incomplete)]


@click.command()
@click.argument("key", metavar="[KEY]", required=False, shell_complete=_keys)
@click.argument("value", metavar="[VALUE]", required=False, shell_complete=_values)
@click.option("--unset", metavar="KEY", help="Go back to the default.")
@click.option("--user", is_flag=True, help="Set it for all your workspaces, not for this one alone.")
@click.option("-l", "--list", "list_all", is_flag=True, help="List what holds here, and where it is set.")
@json_option
@click.pass_obj
def config(
    session: Session,
    key: str | None,
    value: str | None,
    unset: str | None,
    user: bool,
    list_all: bool,
    as_json: bool,
) -> None:
    """Show or set configuration.

    With KEY, print its value; with VALUE, set it, in this workspace or with --user for all of yours. A
    workspace's setting goes before the user's.

    \b
    Examples:
      rtstore config --user user.name "Mara Lind"
      rtstore config --list
    """
    if unset is not None and (key or list_all):
        raise UsageError("--unset takes one key and nothing else", hint="`rtstore config --unset KEY`")
    place: Place = "user" if user else "workspace"
    settings = session.config()
    session.could_change = unset is not None or value is not None
    if unset is not None:
        settings.unset(unset, where=place)
    elif key is not None and value is not None:
        settings.set(key, value, where=place)
        _warn_of_unknown(session, key)
    elif key is not None:
        _show(session, key, settings.setting(key), as_json)
    else:
        _list(session, settings.settings(), as_json)


def _warn_of_unknown(session: Session, key: str) -> None:
    if key in KNOWN:
        return
    from rtstore.history.refs import near_matches

    near = near_matches(key, KNOWN)
    hint = f": did you mean {near[0]}?" if near else ""
    session.warn([f"rtstore has no use for {key}{hint}"])


def _show(session: Session, key: str, setting: Setting | None, as_json: bool) -> None:
    if setting is None:
        hint = (
            f"`rtstore config {key} VALUE` sets it."
            if key in KNOWN
            else "`rtstore config --help` lists the keys."
        )
        raise NothingToDoError(f"{key} is not set", hint=hint)
    if as_json:
        session.out.json(setting._asdict())
    else:
        session.out.line(setting.value)


def _list(session: Session, settings: list[Setting], as_json: bool) -> None:
    if as_json:
        session.out.json([setting._asdict() for setting in settings])
        return
    for setting in settings:
        session.out.line(f"{setting.key} = {setting.value}  ({setting.origin})")


config.epilog = "\b\nKeys:\n" + "\n".join(f"  {key:<18} {known.meaning}" for key, known in KNOWN.items())
