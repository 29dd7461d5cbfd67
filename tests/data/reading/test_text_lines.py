import codecs
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert import KbertError
from kbert.data.reading.text_lines import BadLine, TextLines, check_encoding, open_binary

ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
TEXTS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)))


def lines(data, encoding="utf-8"):
    return TextLines(io.BytesIO(data), encoding, "file.txt")


@given(texts=st.lists(TEXTS), encoding=st.sampled_from(ENCODINGS))
def test_what_was_written_is_read(texts, encoding):
    text = "a" + "\n".join(texts)  # what looks like a byte order mark would be taken for one
    found = list(lines(text.encode(encoding), encoding))
    assert "".join(found) == text
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in found[:-1])


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF32_LE, "utf-32")],
)
def test_a_byte_order_mark_is_no_text(mark, encoding):
    kind = {"utf-16": "utf-16-be", "utf-32": "utf-32-le"}.get(encoding, encoding)
    assert list(lines(mark + "é\nß".encode(kind), encoding)) == ["é\n", "ß"]


def test_another_mark_is_refused():
    with pytest.raises(KbertError, match='the byte order mark of utf-16.*encoding="utf-16"'):
        lines(codecs.BOM_UTF16_LE + b"a\0")


def test_a_bad_line_is_told_and_the_next_one_read():
    found = lines("good\n坏\nfine".encode("gb18030"))
    assert next(found) == "good\n"
    with pytest.raises(BadLine) as bad:
        next(found)
    assert str(bad.value) == "the bytes 0xbb 0xb5 0x0a are not utf-8"
    assert bad.value.problem.cure.settings == {"encoding": "gb18030"}
    assert (next(found), found.number) == ("fine", 3)


def test_a_nul_is_no_text():
    found = lines(b"a\0b\nc")
    with pytest.raises(BadLine, match="contains a NUL character"):
        next(found)
    assert next(found) == "c"


def test_refuses():
    with pytest.raises(KbertError, match="Received: 'klingon'"):
        check_encoding("klingon")
    with pytest.raises(KbertError, match="was opened in text mode. Open it with mode 'rb'"):
        TextLines(io.StringIO("a"), "utf-8", "file.txt")


def test_what_is_no_file_is_told_with_what_lies_beside(tmp_path):
    (tmp_path / "reviews.csv").touch()
    message = r"no file .*review.csv. Files of that kind beside it: reviews.csv. Check the path"
    with pytest.raises(KbertError, match=message):
        open_binary(tmp_path / "review.csv")
    with open_binary(tmp_path / "reviews.csv") as file:
        assert file.read() == b""
