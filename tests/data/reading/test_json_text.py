import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbert import InputError
from kbert.data.reading.json_text import JsonText, keys_once

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)


def opened(text, encoding="utf-8"):
    return JsonText(io.BufferedReader(io.BytesIO(text.encode(encoding))), encoding, "rows.json")


@given(st.lists(JSON.filter(lambda value: isinstance(value, (list, dict, str))), max_size=4))
def test_values_are_those_of_pythons_parser(values):
    text = opened("\n".join(json.dumps(value, ensure_ascii=False) for value in values))
    found = []
    while text.next_character():
        found.append(text.value(10_000))
    assert found == values


def test_a_value_that_is_longer_than_a_chunk():
    long = ["film " * 30_000, {"text": "电影" * 30_000}]
    assert opened(json.dumps(long, ensure_ascii=False)).value(10**6) == long


def test_lines_are_counted():
    text = opened('\ufeff\n\n{"a":\n1}\n , [2]')
    assert (text.next_character(), text.line) == ("{", 3)
    assert text.value(100) == {"a": 1}
    assert (text.next_character(","), text.line) == ("[", 5)
    assert text.beginning() == "[2]"


@pytest.mark.parametrize(
    ("given", "most", "said"),
    [
        ('{"a": }', 100, r"rows\.json, line 1: broken JSON \(Expecting value\)"),
        ('{"a": 1, "a": 2}', 100, "the key 'a' occurs twice"),
        ('["' + "a" * 50, 10, "no JSON value ends within 10 characters"),
        ("[" * 100_000, 10**6, "nested too deeply"),
    ],
)
def test_broken_values(given, most, said):
    with pytest.raises(InputError, match=said):
        opened(given).value(most)


def test_another_encoding():
    stream = io.BufferedReader(io.BytesIO('["Schöne Grüße"]'.encode("cp1252")))
    with pytest.raises(InputError, match=r"rows\.json is not utf-8"):
        JsonText(stream, "utf-8", "rows.json").next_character()


def test_keys_once():
    assert keys_once([("a", 1), ("b", 2)]) == {"a": 1, "b": 2}
    with pytest.raises(ValueError, match="'b' occurs twice"):
        keys_once([("b", 1), ("a", 2), ("b", 3)])
