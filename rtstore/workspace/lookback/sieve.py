"""Finding the records that may match anywhere in a store, before anybody asks which version has which."""

from __future__ import annotations

from rtstore.errors import DamagedError
from rtstore.model.ids import Kind, record_ids
from rtstore.storage.blocks import Blocks
from rtstore.storage.objects import ObjectStore
from rtstore.workspace.lookback.prefilter import Prefilter, any_record

#: Going through all records of a store is worth it up to this many times those that are looked for in.
WORTH_IT = 4
#: So many that may match are remembered.
MOST = 1 << 18


def sift(objects: ObjectStore, may_match: Prefilter, looked_for: int) -> set[bytes] | None:
    """Return the ids of the records that may match; None where it is better to look at those of a version one by one.

    A whole block is looked at first: most blocks have nothing that matches, and need not be cut into records.
    ``looked_for``: in how many records something is looked for.
    """
    if may_match is any_record:
        return None
    found: set[bytes] = set()
    try:
        with Blocks(objects, Kind.RECORD) as blocks:
            if blocks.count() > WORTH_IT * looked_for:
                return None
            for data, bounds in blocks:
                if may_match(data):
                    records = (data[start:end] for start, end in bounds)
                    found.update(record_ids(filter(may_match, records)))
                    if len(found) > MOST:
                        return None
    except DamagedError:
        return None  # what is damaged may not be asked for; who reads it is told
    return found
