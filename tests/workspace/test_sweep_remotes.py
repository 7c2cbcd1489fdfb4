"""What killed fetches left beside the remotes goes with the next collection; what is in use stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from workspaces import Desk

HOURS_AGO = time.time() - 3 * 60 * 60


def test_what_killed_fetches_left_goes_and_what_is_in_use_stays(desk: Desk) -> None:
    remotes = Path(desk.root, ".rtstore", "remotes")
    for name, old in ((".incoming-old", True), (".verify-old", True), (".incoming-new", False)):
        inside = remotes / name / "deep"
        inside.mkdir(parents=True)
        (inside / "fetched").write_bytes(b"pack")
        if old:
            os.utime(inside / "fetched", (HOURS_AGO, HOURS_AGO))
    (remotes / ".incoming-empty").mkdir()
    os.utime(remotes / ".incoming-empty", (HOURS_AGO, HOURS_AGO))
    desk.store.gc()
    assert [path.name for path in remotes.iterdir()] == [".incoming-new"]
