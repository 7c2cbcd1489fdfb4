"""Which names new datasets may have: none that is a sidecar's, and none under which two would share a sidecar."""

from __future__ import annotations

import os

from rtstore.errors import WorkspaceError
from rtstore.formats.sidecar_name import SUFFIX, sidecar_path, twin_of
from rtstore.model.objects import State
from rtstore.workspace.paths import check_dataset_name
from rtstore.workspace.workspace import Workspace


def check_new_name(workspace: Workspace, state: State, name: str, brings_sidecar: bool = False) -> None:
    """Refuse a name for a dataset that is about to be made, or moved there, with a sidecar or without.

    Raises:
        WorkspaceError: no dataset may have it, or it would share its sidecar with another one.
    """
    check_dataset_name(name)
    if name.endswith(SUFFIX):
        raise WorkspaceError(f"{name} is the name of a sidecar", hint="Give the dataset another name.")
    check_own_sidecar(workspace, state, name, brings_sidecar)


def check_own_sidecar(workspace: Workspace, state: State, name: str, brings_sidecar: bool) -> None:
    """Refuse a dataset, one that gets a sidecar or not, which would share it with another one.

    Raises:
        WorkspaceError: it would.
    """
    for other in state.tracked:
        if other == name or sidecar_path(other) != sidecar_path(name):
            continue
        if brings_sidecar or would_share(workspace, state, other, name):
            raise shares_sidecar(name, other)


def would_share(workspace: Workspace, state: State, owner: str, name: str) -> bool:
    """Tell whether two datasets with one name for their sidecars can have trouble with it.

    ``x.json`` and ``x.jsonl`` may be side by side as long as neither has one.
    """
    if twin_of(name) != owner and twin_of(owner) != name:
        return True
    known = state.tracked.get(owner)
    return os.path.lexists(workspace.path(sidecar_path(name))) or (
        known is not None and workspace.dataset(known).registry is not None
    )


def shares_sidecar(name: str, owner: str) -> WorkspaceError:
    """Return the error for a dataset that would share a sidecar."""
    return WorkspaceError(
        f"{name} and {owner} would share the sidecar {sidecar_path(name)}",
        hint="Give one of them another name.",
    )
