"""``rtstore init``."""

from __future__ import annotations

import os

import click

import rtstore
from rtstore.cli import environment
from rtstore.cli.session import Session


@click.command()
@click.argument("directory", metavar="[DIR]", default=os.curdir)
@click.pass_obj
def init(session: Session, directory: str) -> None:
    """Make a directory a workspace.

    All it adds is a directory `.rtstore` for the history. DIR is made if there is none; the default is the
    current directory. Files are tracked from `rtstore add` on.

    \b
    Example:
      rtstore init training_data
    """
    store = rtstore.init(directory, user_config=environment.user_config_directory())
    session.out.line(f"Made a workspace in {store.root}")
    inside = "" if os.path.realpath(directory) == os.path.realpath(os.curdir) else f" -C {directory}"
    session.out.said(f"hint: `rtstore{inside} add .` tracks the datasets in it")
