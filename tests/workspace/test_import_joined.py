"""What an import makes of a dataset is what a scan of the same lines would: ids, framing, stamps, modes."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtstore.errors import FileChangedError
from tests.workspace.imports import records
from tests.workspaces import NAME, Desk, lines, new_desk, talk

OTHER = "elsewhere/more.jsonl"


def take(desk: Desk, data: bytes, name: str = OTHER, **options: Any) -> int:
    desk.write(data, name)
    return desk.store.import_file(desk.path(name), NAME, **options).added


def one_with_id(number: int, id: Any = None) -> dict[str, Any]:
    return talk(number, id=f"entry-{number}" if id is None else id)


@pytest.mark.parametrize("shape", [None, "sharegpt"])
@pytest.mark.parametrize("make", [talk, one_with_id])
def test_a_file_that_comes_in_twice_is_there_twice(desk: Desk, make: Any, shape: str | None) -> None:
    data = lines(*map(make, range(20)))
    for _ in range(3):
        assert take(desk, data, shape=shape) == 20
    assert len(records(desk)) == 60
    desk.commit()
    assert len(set(desk.ids())) == 60
    assert desk.seen_afresh() == desk.tracked_dataset()
    first = desk.ids()
    desk.delete()
    desk.write(b"".join(lines(record) for record in json.loads(json.dumps(records_of(desk)))))
    assert desk.store.status().clean
    assert desk.ids() == first


def records_of(desk: Desk) -> list[Any]:
    return [json.loads(line) for line in desk.exported().splitlines()]


def test_ids_that_the_dataset_has_are_given_to_nobody_else(desk: Desk) -> None:
    desk.commit_file(lines(*map(one_with_id, range(5))))
    before = desk.ids()
    take(desk, lines(*(one_with_id(number + 100, id=f"entry-{number}") for number in range(3, 8))))
    desk.commit()
    assert desk.ids()[:5] == before
    assert len(set(desk.ids())) == 10
    # Those whose ids were free have them.
    fresh = [entry.id for entry in desk.store["HEAD"][NAME]]
    desk.store.undo()
    desk.store.undo()
    take(desk, lines(*(one_with_id(number, id=f"entry-{number}") for number in range(5, 8))))
    desk.commit()
    assert [entry.id for entry in desk.store["HEAD"][NAME]][-3:] == fresh[7:]


SPELLED = [
    lines(talk(1), talk(2)),
    lines(talk(1), talk(2), ending="\r\n"),
    b"\xef\xbb\xbf" + lines(talk(1), talk(2)),
    lines(talk(1)) + b"\n\n" + lines(talk(2))[:-1],
]


@pytest.mark.parametrize("shape", [None, "messages"])
@pytest.mark.parametrize("data", SPELLED, ids=["usual", "crlf", "bom", "blank lines"])
def test_however_its_lines_end_a_file_comes_in_line_by_line(
    desk: Desk, data: bytes, shape: str | None
) -> None:
    assert take(desk, data, shape=shape) == 2
    assert desk.read() == lines(talk(1), talk(2))
    assert desk.seen_afresh() == desk.tracked_dataset()
    desk.commit()
    assert desk.exported() == desk.read()


@pytest.mark.parametrize("ending", ["\r\n", "\n"])
def test_a_dataset_keeps_its_line_endings(desk: Desk, ending: str) -> None:
    desk.commit_file(lines(talk(1), ending=ending))
    take(desk, lines(talk(2)))
    take(desk, lines(talk(3), ending="\r\n"), shape="messages")
    assert desk.read() == lines(talk(1), talk(2), talk(3), ending=ending)
    assert desk.seen_afresh() == desk.tracked_dataset()


@pytest.mark.parametrize("shape", [None, "messages"])
def test_a_dataset_that_is_made_has_the_mode_of_the_file(desk: Desk, shape: str | None) -> None:
    desk.write(lines(talk(1)), OTHER, mode=0o600)
    desk.store.import_file(desk.path(OTHER), NAME, shape=shape)
    assert desk.mode() == 0o600
    assert desk.store.status().datasets[0].change == "added"


def test_elements_on_several_lines_stay_so_in_an_array_that_has_such(desk: Desk) -> None:
    desk.track(json.dumps([talk(0), talk(1)], indent=2).encode(), "mara.json")
    data = json.dumps([talk(2), talk(3)], indent=2).encode()
    desk.write(data, "elsewhere/more.json")
    desk.store.import_file(desk.path("elsewhere/more.json"), "mara.json")
    assert json.loads(desk.read("mara.json")) == [talk(0), talk(1), talk(2), talk(3)]
    assert data[2:-2] in desk.read("mara.json")
    assert desk.seen_afresh("mara.json") == desk.tracked_dataset("mara.json")


def test_stamps_come_with_their_records(desk: Desk) -> None:
    stamped = [talk(n, _rolethread={"validated_at": f"2026-0{n}", "version": "1"}) for n in range(1, 4)]
    desk.commit_file(lines(*stamped[:2]))
    take(desk, lines(stamped[2], talk(4)))
    assert records(desk) == [*stamped, talk(4)]
    assert desk.seen_afresh() == desk.tracked_dataset()


OLD = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    "text",
    [
        '{"_rolethread": {"entry_uuid": "OLD"}}',
        '{"_rolethread":{"entry_uuid":"OLD"},"a":1}',
        '{"a": "entry_uuid", "_rolethread": {"entry_uuid": "OLD"}}',
        '{"_rolethread": {"entry_uuid": "x", "entry_uuid": "OLD"}}',
        '{"_rolethread": {"entry_uuid": "OLD", "entry_\\u0075uid": "OLD"}}',
        '{"a": {"entry_uuid": "OLD"}, "_rolethread": {"entry_uuid" :"OLD"}}',
        '{"a": "\\"entry_uuid\\": \\"OLD\\"", "_rolethread": {"entry_uuid": "OLD"}}',
        '{"_rolethread": {"entry_uuid": "one \\"text\\""}}',
    ],
)
def test_only_the_uuid_of_the_entry_is_another(desk: Desk, text: str) -> None:
    record = json.loads(text.replace("OLD", OLD))
    take(desk, text.replace("OLD", OLD).encode())
    (found,) = records(desk)
    assert found["_rolethread"]["entry_uuid"] != record["_rolethread"]["entry_uuid"]
    found["_rolethread"]["entry_uuid"] = record["_rolethread"]["entry_uuid"]
    assert found == record


def test_a_bad_line_is_left_out_and_all_others_stay_as_they_are(desk: Desk) -> None:
    data = lines(talk(1)) + b'{"half": \n[1]\n' + lines(talk(2)) + b'{"n": NaN}\n\xff\n'
    desk.write(data, OTHER)
    result = desk.store.import_file(desk.path(OTHER), NAME)
    assert (result.added, result.rejected) == (3, 3)
    assert desk.read() == lines(talk(1), talk(2)) + b'{"n": NaN}\n'
    places = [one["place"].partition(",")[0] for one in records(desk, "more.rejects.jsonl")]
    assert places == ["line 2", "line 3", "line 6"]


def test_a_file_that_changes_while_it_is_read_is_not_half_of_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.write(lines(talk(1)), OTHER)

    def saved_meanwhile(what: str, done: int, total: int | None) -> None:
        desk.write(lines(talk(2), talk(3)), OTHER)

    with pytest.raises(FileChangedError):
        desk.store.import_file(desk.path(OTHER), NAME, progress=saved_meanwhile)
    assert not desk.exists()
    assert not desk.tracked


def test_no_temporary_file_is_left(desk: Desk) -> None:
    store = os.path.join(desk.root, ".rtstore")
    before = sorted(os.listdir(store))
    take(desk, lines(talk(1), talk(1, tags=["a"])), shape="messages", dedupe=True)
    assert [name for name in sorted(os.listdir(store)) if "import" in name] == []
    assert set(before) <= set(os.listdir(store))


def test_progress_is_told_in_bytes(desk: Desk) -> None:
    told: list[tuple[str, int, int | None]] = []
    data = lines(*map(talk, range(50)))
    take(desk, data, shape="sharegpt", progress=lambda *one: told.append(one))
    assert ("reading", len(data), len(data)) in told
    assert told[-1][0] == "recording"


texts = st.lists(st.integers(0, 3).map(lambda n: talk(n)), max_size=6)


@settings(max_examples=25)
@given(texts, texts, st.sampled_from([None, "messages", "sharegpt"]), st.booleans(), st.booleans())
def test_the_dataset_is_what_a_scan_of_its_file_says(
    there: list[Any], more: list[Any], shape: str | None, with_ids: bool, is_array: bool
) -> None:
    name = "mara.json" if is_array else NAME
    if with_ids:
        there, more = ([{**one, "id": f"n{n}"} for n, one in enumerate(each)] for each in (there, more))
    with new_desk() as desk:
        desk.track(json.dumps(there).encode() if is_array else lines(*there), name)
        desk.write(lines(*more), OTHER)
        desk.store.import_file(desk.path(OTHER), name, shape=shape)
        assert desk.seen_afresh(name) == desk.tracked_dataset(name)
        first = desk.tracked_dataset(name)
        desk.store.remove([name])
        desk.drop_cache()
        desk.track(desk.read(name), name, "id" if with_ids and there else None)
        assert desk.tracked_dataset(name).count == first.count == len(there) + len(more)
