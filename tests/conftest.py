"""Hypothesis profiles: ``quick`` by default; ``HYPOTHESIS_PROFILE=thorough`` runs every property much longer.

Both are derandomized: a failure in CI is the same failure at the desk.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from workspaces import Desk, new_desk

_NO_LIMITS = {
    "deadline": None,
    "derandomize": True,
    "print_blob": True,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}

settings.register_profile("quick", max_examples=60, **_NO_LIMITS)
settings.register_profile("thorough", max_examples=1500, **_NO_LIMITS)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))


#: Fixtures for which a program is run that is neither Python nor git.
_MADE_BY_TOOLS = {"ed25519", "rsa"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as ``tools`` what needs a server to log in to, or keys that ssh-keygen makes."""
    for item in items:
        parameters = getattr(item, "callspec", None)
        by_ssh = parameters is not None and "ssh" in map(str, parameters.params.values())
        if by_ssh or _MADE_BY_TOOLS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.tools)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """An empty workspace."""
    with new_desk() as made:
        yield made
