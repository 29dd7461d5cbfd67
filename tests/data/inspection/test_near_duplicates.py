import random

import pytest

from kbert import inspect_examples, read_examples
from kbert.data.inspection.near_duplicates import find_near_duplicates
from kbert.data.inspection.set_findings import near_duplicates_finding

pytest.importorskip("datasketch")

WORDS = ("the", "film", "story", "was", "very", "never", "slow", "funny", "warm", "bright", "end")


def texts(number, seed):
    draw = random.Random(seed)
    return [" ".join(draw.choices(WORDS, k=20)) + f" {seed}{n}" for n in range(number)]


def examples_of(given):
    return read_examples((given, ["a", "b"] * (len(given) // 2)))


def jaccard(a, b, size=5):
    a, b = ({t[i : i + size] for i in range(len(t) - size + 1)} for t in (a, b))
    return len(a & b) / len(a | b)


def test_texts_that_differ_in_a_word_are_found_and_equal_ones_are_not():
    training = texts(100, 1)
    dev = texts(20, 2)
    dev[3] = training[7] + " indeed"
    dev[4] = "Well, " + training[8]
    dev[5] = training[9].upper()  # counts as the same text
    assert jaccard(dev[3], training[7]) > 0.8
    found = find_near_duplicates(examples_of(training), examples_of(dev))
    assert (found.rows, found.training_rows, found.all_rows) == (20, 100, True)
    assert (found.near, found.example) == (2, (3, 7))


def test_texts_are_near_from_a_similarity_of_0_8():
    base = "abcdefghijklmnopqrstuvwxyz0123"  # 26 parts of 5 characters
    near, far = base + "!?-+=*", base + "!?-+=*/"  # 26 / 32 = 0.81 and 26 / 33 = 0.79
    other = texts(9, 3)
    assert jaccard(base, near) == 26 / 32
    assert find_near_duplicates(examples_of([base, *other]), examples_of([near, "x"])).near == 1
    assert find_near_duplicates(examples_of([base, *other]), examples_of([far, "x"])).near == 0


def test_chinese():
    base = "这部电影的故事非常感人演员的表演也十分出色值得一看"
    training = examples_of([base, "完全不同的一句话没有任何关系"])
    found = find_near_duplicates(training, examples_of([base + "吧", "今天天气不错我们去公园散步"]))
    assert (found.near, found.example) == (1, (0, 0))


def test_a_pair_is_compared_as_a_whole():
    first, other = texts(2, 4)
    training = read_examples(([first, first], [other, first], ["a", "b"]))
    dev = read_examples(([first, "x y"], [other + " too", "z"], ["a", "b"]))
    assert find_near_duplicates(training, dev).example == (0, 0)


def test_large_sets_are_compared_by_samples():
    training = texts(200, 1)
    dev = [text + "!" for text in training[:100]]
    found = find_near_duplicates(examples_of(training), examples_of(dev), max_characters=10_000)
    assert not found.all_rows
    assert 10 < found.rows < 40
    assert 40 < found.training_rows < 100
    assert find_near_duplicates(examples_of(training), examples_of(dev)).near == 100


def test_a_missing_datasketch_is_reported_once(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    training, dev, test = (examples_of(texts(60, seed)) for seed in (1, 2, 3))
    findings = inspect_examples(training, dev=dev, test=test).findings
    (found,) = (finding for finding in findings if finding.code.startswith("near-duplicates"))
    assert found.code == "near-duplicates-unknown"
    assert str(found.cure) == "pip install datasketch"


def test_the_finding_has_an_example():
    training, dev = texts(100, 1), texts(20, 2)
    dev[3] = training[7] + " indeed"
    findings = inspect_examples(examples_of(training), dev=examples_of(dev)).findings
    (found,) = (finding for finding in findings if finding.code == "near-duplicates")
    assert found.severity == "warning"
    assert found.message.startswith(
        "1 row of 20 of dev (5.0%) has nearly the same text as a training"
    )
    assert "row 4 has '" in found.message
    assert ", row 8 '" in found.message
    assert " indeed'" in found.message


def test_the_example_of_pairs_shows_the_text_that_differs():
    first, other = texts(2, 4)
    training = read_examples(([first, first], [other, first], ["a", "b"]))
    dev = read_examples(([first, "x y"], [other + " too", "z"], ["a", "b"]))
    found = near_duplicates_finding("dev", training, dev)
    assert found.values["text"].endswith(" too")
    assert found.values["text"] != found.values["its_text"]
