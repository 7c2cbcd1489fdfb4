from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rtstore.cli.diff.wrapping import Piece, columns, wrapped

TEXTS = st.text(alphabet="ab  \n日é\u0301", max_size=60)


def lines(*pieces: Piece, width: int = 12) -> list[str]:
    return wrapped(pieces, width, lambda piece: f"<{piece.text}>" if piece.kind else piece.text)


def test_lines_are_broken_between_words() -> None:
    assert lines(Piece("The lamp is lit, sit down.")) == ["The lamp is", "lit, sit", "down."]


def test_line_breaks_and_the_spaces_at_a_beginning_are_kept() -> None:
    assert lines(Piece("a\n\n  b  c\n")) == ["a", "", "  b  c"]


def test_a_word_too_long_for_a_line_is_cut() -> None:
    assert lines(Piece("so abcdefghijklmnopq r")) == ["so", "abcdefghijkl", "mnopq r"]


def test_a_word_in_several_pieces_stays_together() -> None:
    pieces = Piece("The lamp sit"), Piece("s", "removed"), Piece("ting", "added"), Piece(" down")
    assert lines(*pieces) == ["The lamp", "sit<s><ting>", "down"]


def test_a_kind_begins_again_on_every_line() -> None:
    assert lines(Piece("The lamp is lit, sit down.", "added")) == ["<The lamp is>", "<lit, sit>", "<down.>"]


def test_characters_of_two_columns_count_twice() -> None:
    assert columns("日本e\u0301!") == 6
    assert lines(Piece("日本語日本語日本語")) == ["日本語日本語", "日本語"]


@given(TEXTS, st.integers(2, 20))
def test_no_line_is_too_wide_and_no_word_is_lost(text: str, width: int) -> None:
    found = wrapped([Piece(text)], width, lambda piece: piece.text)
    assert all(columns(line) <= width for line in found)
    assert "".join("".join(found).split()) == "".join(text.split())


@given(st.lists(st.builds(Piece, TEXTS, st.sampled_from(["", "added", "removed"])), max_size=6))
def test_every_piece_keeps_its_kind(pieces: list[Piece]) -> None:
    shown: list[Piece] = []

    def paint(piece: Piece) -> str:
        shown.append(piece)
        return piece.text

    wrapped(pieces, 10, paint)
    for kind in ("", "added", "removed"):
        given_text = "".join(piece.text for piece in pieces if piece.kind == kind)
        painted = "".join(piece.text for piece in shown if piece.kind == kind)
        assert "".join(painted.split()) == "".join(given_text.split())


@given(st.text(st.sampled_from(" \n\tab-é漢\u0301"), max_size=80), st.integers(2, 12))
def test_a_text_in_one_piece_is_broken_like_the_same_in_several(text: str, width: int) -> None:
    """One in a single piece takes a shorter way."""
    several = [*(Piece(character, "added") for character in text), Piece("", "added")]
    assert lines(Piece(text, "added"), width=width) == lines(*several, width=width)
