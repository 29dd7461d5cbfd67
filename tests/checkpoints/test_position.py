import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbert.checkpoints.position import Position
from kbert.data.segment import Segment

NUMBERS = st.integers(0, 2**63)
POSITIONS = st.builds(
    Position,
    epoch=NUMBERS,
    segments=st.lists(st.builds(Segment, st.integers(1, 4096), NUMBERS), max_size=4).map(tuple),
    examples_seen=NUMBERS,
    batches_done=NUMBERS,
    evaluated=st.booleans(),
)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.floats(allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(POSITIONS)
@settings(deadline=None)
def test_a_position_survives_json(position):
    assert Position.from_dict(json.loads(json.dumps(position.to_dict()))) == position
    assert hash(Position.from_dict(position.to_dict())) == hash(position)


def test_a_position_written_by_kbert_0_1_is_read():
    values = {"epoch": 1, "parts": [[8, 3], [4, 1]], "examples_seen": 108, "evaluated": True}
    position = Position.from_dict({**values, "batches_made": 14})
    assert position == Position(1, (Segment(8, 3), Segment(4, 1)), 108, 14)
    assert json.loads(json.dumps(position.to_dict()))["segments"] == [[8, 3], [4, 1]]


@given(POSITIONS)
@settings(deadline=None)
def test_the_batches_of_all_segments_count(position):
    assert position.batch == sum(batches for _, batches in position.segments)
    assert position.name == f"epoch-{position.epoch}-batch-{position.batch}"


FIELDS = ("epoch", "segments", "examples_seen", "batches_done", "evaluated")


@given(PLAIN | st.fixed_dictionaries(dict.fromkeys(FIELDS, PLAIN)))
@settings(deadline=None)
def test_invalid_values_are_refused_as_documented(values):
    try:
        position = Position.from_dict(values)
    except (TypeError, ValueError, KeyError):
        return
    assert Position.from_dict(position.to_dict()) == position


@pytest.mark.parametrize("missing", FIELDS)
def test_no_field_may_be_missing(missing):
    values = Position(1, (Segment(8, 3),), 104, 13).to_dict()
    del values[missing]
    with pytest.raises(KeyError, match=missing):
        Position.from_dict(values)


@pytest.mark.parametrize("name", ["epoch", "examples_seen", "batches_done"])
def test_an_infinite_number_is_refused_as_documented(name):
    values = {**Position(1, (), 80, 10).to_dict(), name: float("inf")}
    with pytest.raises((TypeError, ValueError, KeyError)):
        Position.from_dict(values)


@pytest.mark.parametrize(
    ("position", "text"),
    [
        (Position(0, (), 0, 0), "0 whole epochs (0 examples)"),
        (Position(1, (), 80, 10), "1 whole epoch (80 examples)"),
        (Position(2, (Segment(8, 0),), 160, 20), "2 whole epochs (160 examples)"),
        (
            Position(2, (Segment(8, 1000), Segment(4, 234)), 12_000, 99),
            "2 whole epochs and 1,234 batches of the next (12,000 examples)",
        ),
        (
            Position(1, (Segment(8, 1),), 88, 11),
            "1 whole epoch and 1 batch of the next (88 examples)",
        ),
    ],
    ids=str,
)
def test_a_position_as_text(position, text):
    assert str(position) == text
