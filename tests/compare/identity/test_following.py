"""Entries without ids, edited in many ways at once: each line is the entry that it was, or a new one."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

import pytest
from alignment import Case
from texts import changed, shuffled, story, talk

from rtstore.compare.identity import following


def origins(old: Sequence[bytes], new: Sequence[bytes], gaps: int = 1) -> list[int | None]:
    """Return, for each new text, the number of the old one it is taken for; both are cut into ``gaps`` gaps."""
    known = [(text.decode(), f"entry {number}") for number, text in enumerate(old)]
    lines = [(text.decode(), None) for text in new]
    cuts = range(gaps + 1)
    case = Case(
        *(
            tuple(part[len(part) * cut // gaps : len(part) * (cut + 1) // gaps] for part in (known, lines))
            for cut in cuts[:-1]
        )
    )
    numbers = {gap.known_entry(index): None for gap in case.gaps for index in range(len(gap.known))}
    numbers = {id: number for number, id in enumerate(numbers)}
    return [numbers.get(id) for gap in case.ids for id in gap]


STORIES = [story(number) for number in range(300)]
OLD = [talk(words) for words in STORIES]
#: A word changed in each, at two places in every third.
EDITED = [talk(changed(words, number, 1 + (number % 3 == 0))) for number, words in enumerate(STORIES)]
FOREIGN = [talk(story(number)) for number in range(1000, 1300)]
IN_PLACE = list(range(300))


@pytest.mark.parametrize("gaps", [1, 7])
class TestFilesOfEditedRecords:
    def test_every_record_edited(self, gaps: int) -> None:
        assert origins(OLD, EDITED, gaps) == IN_PLACE

    def test_every_record_edited_and_the_file_shuffled(self, gaps: int) -> None:
        order = shuffled(300)
        assert origins(OLD, [EDITED[number] for number in order], gaps) == order

    def test_some_edited_some_gone_some_new(self, gaps: int) -> None:
        chance = random.Random(5)
        new: list[bytes] = []
        expected: list[int | None] = []
        for number in range(300):
            what = chance.randrange(10)
            if what != 0:
                new.append(EDITED[number] if what < 4 else OLD[number])
                expected.append(number)
            if what == 1:
                new.append(FOREIGN[number])
                expected.append(None)
        assert origins(OLD, new, gaps) == expected

    def test_every_record_replaced(self, gaps: int) -> None:
        assert origins(OLD, FOREIGN, gaps) == [None] * 300

    def test_all_equal_and_each_edited(self, gaps: int) -> None:
        words = STORIES[0]
        assert origins([OLD[0]] * 90, [talk(changed(words, n)) for n in range(90)], gaps) == list(range(90))


class TestTemplates:
    PROMPTS = tuple(story(number, 200) for number in range(2000, 2004))

    def of(self, number: int, words: Sequence[str]) -> bytes:
        return talk(words[:20], self.PROMPTS[number % 4])

    def test_a_shared_prompt_neither_hides_nor_makes_an_edit(self) -> None:
        old = [self.of(number, words) for number, words in enumerate(STORIES)]
        new = list(old)
        expected: list[int | None] = list(IN_PLACE)
        for number in range(0, 300, 10):
            new[number] = self.of(number, changed(STORIES[number][:20], number))
            new[number + 5] = self.of(number + 5, story(number + 3000))
            expected[number + 5] = None
        assert origins(old, new) == expected

    def test_one_gone_and_one_new_elsewhere_are_two_though_they_share_a_prompt(self) -> None:
        old = [self.of(number, words) for number, words in enumerate(STORIES[:40])]
        new = [*old[:10], *old[11:], self.of(10, story(4000))]
        assert origins(old, new) == [*range(10), *range(11, 40), None]

    def test_another_prompt_in_every_record_is_an_edit_of_each(self) -> None:
        old = [talk(words[:20], self.PROMPTS[0]) for words in STORIES]
        assert origins(old, [talk(words[:20], self.PROMPTS[1]) for words in STORIES]) == IN_PLACE


class TestFarAway:
    def test_a_record_moved_and_edited_is_followed(self) -> None:
        assert origins(OLD, [*OLD[:7], *OLD[8:], EDITED[7]], 3) == [*range(7), *range(8, 300), 7]

    def test_an_edited_copy_of_what_is_still_there_is_new(self) -> None:
        assert origins(OLD, [*OLD, EDITED[7]]) == [*IN_PLACE, None]

    def test_what_is_half_rewritten_is_itself_only_in_its_place(self) -> None:
        half = talk([*STORIES[7][:30], *story(5000, 30)])
        assert origins(OLD, [*OLD[:7], half, *OLD[8:]])[7] == 7
        assert origins(OLD, [*OLD[:7], *OLD[8:], half])[-1] is None


def test_a_conversation_that_goes_on_beside_a_new_one_is_the_same() -> None:
    longer = talk(STORIES[7] + story(6000, 400))
    assert origins(OLD, [*OLD[:7], FOREIGN[0], longer, *OLD[8:]])[7:9] == [None, 7]


@pytest.mark.parametrize("place", [0, 4, 9])
@pytest.mark.parametrize("order", [list(range(200)), shuffled(200)], ids=["in order", "shuffled"])
def test_short_records_with_one_word_changed(place: int, order: list[int]) -> None:
    def short(words: list[str]) -> bytes:
        record = {"instruction": " ".join(words[:6]), "input": "", "output": " ".join(words[6:])}
        return json.dumps(record).encode()

    words = [story(number, 10) for number in range(200)]
    edited = [
        [*text[:place], "lantern", *text[place + 1 :]] if n % 2 else text for n, text in enumerate(words)
    ]
    assert origins([short(text) for text in words], [short(edited[n]) for n in order]) == order


def test_long_files_are_looked_at_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "WINDOW", 50)
    assert origins(OLD, [talk(changed(words, 1, 3)) for words in STORIES]) == IN_PLACE
