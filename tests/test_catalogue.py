"""The Chinese catalogue: complete, with nothing the code lacks, and consistent in its terms."""

import gettext
import re
from pathlib import Path

import pytest

import kbert
from kbert.cli.words import FlagWords
from kbert.findings import Cure, Finding, Joined, Message, Option, in_english, speaking, worded
from kbert.results.bootstrap import Interval
from kbert.utils.wording import count_list, count_noun, name_list

babel = pytest.importorskip("babel")
from tools.messages.catalogue import MO, PO, faults, read, updated, write  # noqa: E402
from tools.messages.extract import messages  # noqa: E402

TERMS = Path(kbert.__file__).parents[1] / "docs" / "zh" / "terms.md"
CATALOGUE = read()


@pytest.fixture(scope="module")
def chinese():
    with MO.open("rb") as file:
        return FlagWords(gettext.GNUTranslations(file))


def entries():
    """Each message and its translation."""
    for entry in CATALOGUE:
        if entry.id:
            plural = isinstance(entry.id, tuple)
            yield (entry.id[-1], entry.string[0]) if plural else (entry.id, entry.string)


def test_the_catalogue_has_the_messages_of_the_code_and_no_others():
    in_code = {one if isinstance(one, str) else one[0] for one in messages()}
    known = {one.id if isinstance(one.id, str) else one.id[0] for one in CATALOGUE if one.id}
    assert sorted(in_code - known) == []  # run `make messages`
    assert sorted(known - in_code) == []


def test_every_message_is_translated_with_its_values():
    assert faults(CATALOGUE) == []


def test_compiled_catalogue_is_up_to_date(tmp_path):
    po, mo = tmp_path / "kbert.po", tmp_path / "kbert.mo"
    write(updated(CATALOGUE, messages()), po, mo)
    assert mo.read_bytes() == MO.read_bytes()
    assert read(po).get("Wrote {path}.").string == read(PO).get("Wrote {path}.").string


def test_chinese_sentences_have_chinese_punctuation():
    wrong = re.compile(r"[\u4e00-\u9fff][,;:!?.](\s|$)|[\u4e00-\u9fff]\(|[，。；：]{2}")
    assert [text for _, text in entries() if wrong.search(text)] == []


def test_chinese_and_latin_letters_are_separated_by_a_blank():
    wrong = re.compile(r"[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]")
    names = re.compile(r"\{[^}]*\}")
    assert [text for _, text in entries() if wrong.search(names.sub("{}", text))] == []


def terms():
    """Return the rows of the list of terms: English, Chinese, and the words to avoid."""
    rows = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|", TERMS.read_text("utf-8"), re.M)
    return [row for row in rows if row[0] not in ("English", "---")]


def test_translations_follow_the_list_of_terms():
    avoided = {word.strip() for *_, words in terms() for word in words.split("、") if word.strip()}
    assert len(avoided) > 10
    found = {word: text for word in avoided for _, text in entries() if word in text}
    assert found == {}


def test_a_surface_words_messages_in_its_language(chinese):
    finding = Finding(
        "too-few-updates",
        "error",
        "The run changes the weights {times}; with fewer than {few} updates, a model stays close "
        "to where it begins.",
        Cure({"epochs": 20}, otherwise=(Cure(note="add rows"),)),
        {"times": count_noun(6, "time"), "few": 100},
    )
    english = finding.to_dict()
    with speaking(chinese):
        assert finding.message == "这次训练只改变权重 6 次；少于 100 次更新时，模型与起点相差不大。"
        assert str(finding.cure) == "--epochs 20；或者 增加数据"
        assert str(finding).startswith("错误 too-few-updates：")
        assert finding.to_dict()["message"] == english["message"]  # for programs
        reason = Message(
            "{option} must be {expected}. Received: {value!r}",
            option=Option("x"),
            expected=Message("a whole number"),
            value="y",
        )
        assert str(reason) == "--x 必须是整数。收到：'y'"
    assert worded("a whole number") == "a whole number"


def test_lists_and_intervals_follow_the_language(chinese):
    listed, clauses = Joined(["a", "b"]), Joined(["a", "b"], "; ")
    with speaking(chinese):
        assert (str(listed), str(clauses)) == ("a、b", "a；b")
        assert str(name_list("abc", 2)) == "a、b、..."
        assert str(count_list({"好评": 20, "差评": 1000})) == "好评 20、差评 1,000"
        assert str(Interval(0.86667, 0.98333)) == "0.8667～0.9833"
        with in_english():
            assert str(listed) == "a, b"
    assert str(Interval(0.86667, 0.98333)) == "0.8667 to 0.9833"


def test_a_percent_sign_follows_its_number():
    apart = re.compile(r"[0-9}] %")
    assert [text for entry in entries() for text in entry if apart.search(text)] == []


def test_empty_text_is_not_translated_to_the_catalogue_header(chinese):
    assert chinese.text("") == ""
