import pytest

from kbert.data.inspection.too_many_classes import too_many_classes, too_many_classes_finding


@pytest.mark.parametrize(
    ("classes", "rows", "expected"),
    [(10, 10, False), (11, 22, False), (11, 21, True), (40_000, 1_000_000, False)],
)
def test_fewer_than_two_rows_each(classes, rows, expected):
    assert too_many_classes(classes, rows) is expected


def test_the_finding_has_both_numbers():
    finding = too_many_classes_finding([f"id-{number}a" for number in range(1_500)], 2_000)
    assert (finding.code, finding.severity) == ("too-many-classes", "error")
    assert "2,000 rows have 1,500 different labels" in str(finding)
    assert str(finding).endswith('Cure: label="NAME", if another column holds the labels')


def test_amounts_are_told_of_regression():
    finding = too_many_classes_finding([str(number) for number in range(30, 89)], 91)
    assert str(finding).endswith('labels, or target="regression", if they are numbers to predict')
