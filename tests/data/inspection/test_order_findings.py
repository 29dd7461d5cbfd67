"""What is wrong with the order of a small file of real sentences."""

import pytest
from inspected import found, severities

from kbert.data.inspection.class_order import class_order
from kbert.data.inspection.inspect_examples import inspect_examples
from kbert.data.inspection.shuffle_buffer import recommend_shuffle_buffer
from kbert.data.reading.read_examples import read_examples


def test_a_file_sorted_by_class(reviews, sentences):
    rows = len(sentences[0])
    inspection = inspect_examples(read_examples(reviews))
    assert severities(inspection) == {"class-sorted": "warning", "tail-split": "warning"}
    order = class_order(read_examples(reviews).label_ids)
    assert order.runs == 2
    sorted_message = found(inspection)["class-sorted"].message
    # For two classes of the same size: 1 + rows / 2.
    assert f"2 runs of one class; a random order has {1 + rows / 2:,.0f}." in sorted_message
    assert (
        f"a batch of 32 contains {order.batch_classes:.1f} of the 2 classes in file order"
        in sorted_message
    )
    buffered = f"{order.batch_classes_buffered:.1f} through a shuffle buffer of 100"
    assert buffered in sorted_message
    assert "and 2.0 in a random order" in sorted_message
    buffer = recommend_shuffle_buffer(read_examples(reviews).label_ids)
    assert f"dataset.shuffle({buffer})" in str(found(inspection)["class-sorted"].cure)
    tail_message = found(inspection)["tail-split"].message
    assert "The last tenth of the rows contains 1 of 2 classes (a random tenth 2)" in tail_message


def test_the_order_is_harmless_when_kbert_trains(reviews):
    inspection = inspect_examples(read_examples(reviews), for_kbert=True)
    assert severities(inspection) == {"class-sorted": "info", "tail-split": "info"}
    for finding in inspection.findings:
        assert str(finding.cure).startswith("none needed; kbert permutes all rows")


def test_a_file_in_which_rows_of_a_class_are_adjacent(rows, read):
    rows = [[text, "good" if i // 5 % 2 else "bad"] for i, (text, _) in enumerate(rows)]
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"class-clustered": "warning"}
    assert "40 runs of one class; a random order has 101." in (
        found(inspection)["class-clustered"].message
    )


def test_a_tail_that_lacks_a_class(rows, read):
    for row in rows[180:]:
        row[1] = "good"
    inspection = inspect_examples(read(rows))
    assert severities(inspection) == {"tail-split": "warning"}
    assert "contains 1 of 2 classes" in found(inspection)["tail-split"].message


@pytest.mark.parametrize(("rows", "classes"), [(40, 35), (200, 199), (200, 101)])
def test_classes_of_hardly_more_than_one_row_have_no_order(rows, classes, sentences, read):
    texts = [*sentences[0], *sentences[1]][:rows]
    labels = sorted(f"class {i % classes:03}" for i in range(rows))
    inspection = inspect_examples(read(zip(texts, labels, strict=True)))
    assert inspection.order.runs == classes
    assert "too-many-classes" in severities(inspection)
    assert not {"class-sorted", "class-clustered", "tail-split"} & set(severities(inspection))


def test_classes_of_a_few_rows_have_an_order(sentences, read):
    texts = [*sentences[0], *sentences[1]][:200]
    labels = [f"class {i // 4:03}" for i in range(200)]
    inspection = inspect_examples(read(zip(texts, labels, strict=True)))
    assert {"class-sorted", "tail-split"} <= set(severities(inspection))
