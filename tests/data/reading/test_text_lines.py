import codecs
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert import KbertError, read_examples
from kbert.data.reading.text_lines import BadLine, TextLines, check_encoding, open_binary

ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "gb18030"]
TEXTS = st.text(st.characters(exclude_characters="\0\r", exclude_categories=("Cs",)))


def lines(data, encoding="utf-8"):
    return TextLines(io.BytesIO(data), encoding, "file.txt")


@given(texts=st.lists(TEXTS), encoding=st.sampled_from(ENCODINGS))
def test_what_was_written_is_read(texts, encoding):
    # What looks like a byte order mark at the beginning of a line is taken for one.
    text = "a" + "\n".join(text.lstrip("\ufeff") for text in texts)
    found = list(lines(text.encode(encoding), encoding))
    assert "".join(found) == text
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in found[:-1])


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_BE, "utf-16"), (codecs.BOM_UTF32_LE, "utf-32")],
)
def test_a_byte_order_mark_is_not_text(mark, encoding):
    kind = {"utf-16": "utf-16-be", "utf-32": "utf-32-le"}.get(encoding, encoding)
    assert list(lines(mark + "é\nß".encode(kind), encoding)) == ["é\n", "ß"]


def test_another_mark_is_refused():
    with pytest.raises(KbertError, match='the byte order mark of utf-16.*encoding="utf-16"'):
        lines(codecs.BOM_UTF16_LE + b"a\0")


def test_a_bad_line_is_reported_and_the_next_one_is_read():
    found = lines("good\n坏\nfine".encode("gb18030"))
    assert next(found) == "good\n"
    with pytest.raises(BadLine) as bad:
        next(found)
    assert str(bad.value) == "the bytes 0xbb 0xb5 0x0a are not utf-8"
    assert bad.value.problem.cure.settings == {"encoding": "gb18030"}
    assert (next(found), found.number) == ("fine", 3)


def test_a_nul_is_not_text():
    found = lines(b"a\0b\nc")
    with pytest.raises(BadLine, match="contains a NUL character"):
        next(found)
    assert next(found) == "c"


def test_unknown_encodings_and_text_streams_are_refused():
    with pytest.raises(KbertError, match="Received: 'klingon'"):
        check_encoding("klingon")
    with pytest.raises(KbertError, match="was opened in text mode. Open it with mode 'rb'"):
        TextLines(io.StringIO("a"), "utf-8", "file.txt")


def test_a_missing_file_is_refused_with_similar_files_beside_it(tmp_path):
    (tmp_path / "reviews.csv").touch()
    message = r"no file .*review.csv. Files of that kind beside it: reviews.csv. Check the path"
    with pytest.raises(KbertError, match=message):
        open_binary(tmp_path / "review.csv")
    with open_binary(tmp_path / "reviews.csv") as file:
        assert file.read() == b""
    (tmp_path / "folder").mkdir()
    (tmp_path / ".hidden").touch()
    with pytest.raises(KbertError, match=r"no file .*\d\. Check the path"):
        open_binary(tmp_path / "12345")  # neither has a suffix


ROWS = {
    "cp1252": "Le café était agréable.,bon\nUne créature perdue,faux\nplain,bon\nDéjà vu,faux\n",
    "gb18030": "这部电影非常好看。,好\n很差的片子,坏\nplain,好\n不错，推荐,好\n",
    "big5": "這部電影非常好看。,好\n很差的片子,壞\nplain,好\n不錯，推薦,好\n",
    "shift_jis": "この映画は面白い。,良い\n退屈だった,悪い\nplain,良い\n",
    "cp1251": "Хороший фильм,да\nСкучно и долго,нет\nplain,да\n",
    "cp949": "정말 재미있는 영화였습니다,좋음\n지루하고 길었습니다,나쁨\n",
}


@pytest.mark.parametrize("on_bad_row", ["error", "skip"])
@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".jsonl"])
@pytest.mark.parametrize("encoding", [*ROWS, "utf-16-le", "utf-16-be"])
def test_a_wrong_encoding_is_reported_before_rows_are_counted_as_bad(
    encoding, suffix, on_bad_row, tmp_path
):
    text = "text,label\n" + ROWS.get(encoding, ROWS["cp1252"]) * 5
    if suffix == ".txt":
        text = text.removeprefix("text,label\n")
    if suffix == ".tsv":
        text = text.replace(",", "\t")
    if suffix == ".jsonl":
        pairs = [line.split(",") for line in text.splitlines()[1:]]
        records = [{"text": a, "label": b} for a, b in pairs]
        text = "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    path = tmp_path / f"a{suffix}"
    path.write_bytes(text.encode(encoding))
    options = {"need_label": suffix != ".txt", "on_bad_row": on_bad_row}
    with pytest.raises(KbertError, match=f'is not utf-8: .*Cure: encoding="{encoding}"$'):
        read_examples(path, **options)
    cured = read_examples(path, encoding=encoding, **options)
    assert cured.texts[-1].split(",")[0] == text.splitlines()[-1].split(
        "\t" if suffix == ".tsv" else ","
    )[0].removeprefix('{"text": "').removesuffix('"')


def test_a_few_broken_lines_are_not_another_encoding(tmp_path):
    good = "".join(f"schön {n},好\ntrüb {n},坏\n" for n in range(50)).encode()
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\nbroken \xe9,x\ncut \xe5\xa5,x\n" + good)
    examples = read_examples(path, on_bad_row="skip")
    assert (len(examples), [row.line for row in examples.skipped]) == (100, [2, 3])
    path.write_bytes(b"text,label\n" + good + b"broken \xe9,x\ncut \xe5\xa5,x\n")
    assert [row.line for row in read_examples(path, on_bad_row="skip").skipped] == [102, 103]


def test_lines_that_fit_no_encoding_are_bad_rows_if_they_are_few(tmp_path):
    noise = b"\x81\x8d \xff\x00\xfe\x90,x\n".replace(b"\x00", b"\x9d")
    path = tmp_path / "a.csv"
    path.write_bytes(b"text,label\n" + b"fine,y\ndull,n\n" * 40 + noise * 2)
    assert len(read_examples(path, on_bad_row="skip").skipped) == 2
    path.write_bytes(b"text,label\n" + b"fine,y\ndull,n\n" + noise * 9)
    with pytest.raises(KbertError, match=r'9 of its first 12 lines.*Cure: encoding="NAME", the'):
        read_examples(path, on_bad_row="skip")


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gb18030", "cp1251"])
def test_utf_8_that_is_read_as_something_else(encoding, tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\nschön und grün,gut\ntrüb und öde,schlecht\n".encode())
    with pytest.raises(KbertError, match='is UTF-8, but would be read as .*encoding="utf-8"'):
        read_examples(path, encoding=encoding)


@given(texts=st.lists(TEXTS), encoding=st.sampled_from(ENCODINGS))
def test_lines_of_old_macs(texts, encoding):
    written = ["a", "b", *(text.replace("\n", " ") for text in texts), "c"]
    found = list(lines("\r".join(written).encode(encoding), encoding))
    assert [line.rstrip("\r") for line in found] == [text.lstrip("\ufeff") for text in written]


def test_a_carriage_return_ends_a_line_only_if_most_lines_end_in_one():
    assert list(lines(b"a\rb\nc\rd\ne\n")) == ["a\rb\n", "c\rd\n", "e\n"]
    assert list(lines(b"a\rb\rc\r\nd\re\n")) == ["a\r", "b\r", "c\r\n", "d\r", "e\n"]
    assert list(lines(b"a\r\r\nb\r\r\n")) == ["a\r\r\n", "b\r\r\n"]
    long = b"x" * 65_535 + b"\r" + b"y\rz"
    assert [len(line) for line in lines(b"a\rb\r" + long)] == [2, 2, 65_536, 2, 1]


def test_marks_between_joined_files_are_dropped():
    joined = codecs.BOM_UTF8 + b"a\n" + codecs.BOM_UTF8 + b"b\n"
    assert list(lines(joined)) == ["a\n", "b\n"]
