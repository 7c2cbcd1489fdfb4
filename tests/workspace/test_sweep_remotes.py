"""What killed fetches left beside the remotes goes with the next collection; what is in use stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from workspaces import Desk

HOURS_AGO = time.time() - 3 * 60 * 60
WEEKS_AGO = time.time() - 3 * 7 * 24 * 60 * 60


def test_what_killed_fetches_left_goes_and_what_is_in_use_stays(desk: Desk) -> None:
    remotes = Path(desk.root, ".rtstore", "remotes")
    for name, changed in (
        (".incoming-old", WEEKS_AGO),
        (".verify-old", HOURS_AGO),
        # The next fetch goes on with it.
        (".incoming-new", HOURS_AGO),
        (".verify-new", time.time()),
    ):
        inside = remotes / name / "deep"
        inside.mkdir(parents=True)
        (inside / "fetched").write_bytes(b"pack")
        os.utime(inside / "fetched", (changed, changed))
    (remotes / ".incoming-empty").mkdir()
    os.utime(remotes / ".incoming-empty", (WEEKS_AGO, WEEKS_AGO))
    desk.store.gc()
    assert sorted(path.name for path in remotes.iterdir()) == [".incoming-new", ".verify-new"]
