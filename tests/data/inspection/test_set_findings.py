"""What is wrong with the sets that a model is evaluated on."""

import pytest
from inspected import found, severities

from kbert.data.inspection.inspect_examples import inspect_examples


@pytest.mark.parametrize(("shared", "severity"), [(1, "warning"), (25, "warning"), (26, "error")])
def test_rows_shared_with_the_development_set(shared, severity, rows, read):
    dev = [*rows[:shared], *(["Never seen.", "bad"] for _ in range(50 - shared))]
    inspection = inspect_examples(read(rows), dev=read(dev, "dev.csv"))
    assert severities(inspection) == {"dev-overlap": severity}
    assert inspection.overlaps == {"dev": (50, shared)}
    finding = found(inspection)["dev-overlap"]
    assert finding.message.startswith(f"{shared} of the 50 rows of dev ({shared / 50:.1%}) also")
    assert "or leave out `dev` to train: what kbert sets aside itself" in str(finding.cure)
    other = found(inspect_examples(read(rows), test=read(dev, "test.csv")))["dev-overlap"]
    assert str(other.cure) == "take these rows out of one of the two files, or leave out `test`"


@pytest.mark.parametrize(("size", "few"), [(2, True), (49, True), (50, False)])
def test_a_development_set_that_is_too_small_to_measure_with(size, few, rows, read):
    dev = read([["New.", "good"], *[["Newer.", "bad"]] * (size - 1)], "dev.csv")
    inspection = inspect_examples(read(rows), dev=dev, test=dev)
    assert severities(inspection) == ({"dev-small": "warning"} if few else {})
    if size == 49:
        # 1.96 * sqrt(0.5 * 0.5 / 49)
        assert "each of them is 2.0% of its accuracy, which chance alone moves by 14%" in (
            found(inspection)["dev-small"].message
        )
