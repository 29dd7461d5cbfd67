import io

import pytest

from kbert import InputError
from kbert.data.reading.json_lines import read_json_lines
from kbert.data.reading.rows import BadRow


def table(text):
    return read_json_lines(io.BufferedReader(io.BytesIO(text.encode())), "rows.jsonl")


def test_columns_are_those_of_the_first_object():
    found = table('{"text": "a", "label": 1}\n\n{"label": 2, "x": 0, "text": "b"}\n{"text": "c"}')
    assert list(found.columns) == ["text", "label"]
    assert [(row.number, row.line, list(row.cells)) for row in found.rows] == [
        (1, 1, ["a", 1]),
        (2, 3, ["b", 2]),
        (3, 4, ["c", None]),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"text": }', "broken JSON at column 10 (Expecting value)"),
        ("[1]", "a JSON object was expected. Received: list"),
        ('{"text": "a", "text": "b"}', "unreadable JSON (the key 'text' occurs twice)"),
        ('{"text": ' + "[" * 2000 + "]" * 2000 + "}", "JSON nested too deeply"),
    ],
)
def test_a_bad_line_is_one_bad_row(line, reason):
    rows = list(table(f'{{"text": "a"}}\n{line}\n{{"text": "b"}}').rows)
    assert [isinstance(row, BadRow) for row in rows] == [False, True, False]
    assert rows[1].reason == reason
    assert rows[1].place() == "row 2 (line 2)"


def test_a_file_without_objects():
    with pytest.raises(InputError, match=r"rows\.jsonl contains no rows"):
        table("\n\n")
    with pytest.raises(InputError, match="row 1 .*a JSON object was expected"):
        table("3\n4\n")
