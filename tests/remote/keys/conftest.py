"""Keys that are made once: those of ssh take a moment, and a passphrase a second."""

from __future__ import annotations

from pathlib import Path

import pytest
from key_samples import ssh_key

from rtstore.remote.keys import age

PASSPHRASE = "the lantern is lit at nine"


@pytest.fixture(scope="session")
def ed25519(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private ssh key of type ed25519."""
    return ssh_key(tmp_path_factory.mktemp("ssh") / "id_ed25519", "-t", "ed25519")


@pytest.fixture(scope="session")
def rsa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A private ssh key of type rsa."""
    return ssh_key(tmp_path_factory.mktemp("ssh") / "id_rsa", "-t", "rsa", "-b", "2048")


@pytest.fixture(scope="session")
def locked() -> bytes:
    """An age file with ``secret`` in it that a passphrase opens."""
    return age.encrypt_with_passphrase(b"secret", PASSPHRASE)


@pytest.fixture
def passphrase() -> str:
    """The passphrase of ``locked``."""
    return PASSPHRASE
