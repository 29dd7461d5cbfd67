import pytest

from .table import BOUNDS, CASES, measure

pytestmark = pytest.mark.parity


@pytest.fixture(scope="session")
def differences(tmp_path_factory):
    return measure(tmp_path_factory.mktemp("parity"))


@pytest.mark.parametrize(
    ("quantity", "pair"), CASES, ids=[f"{quantity}-{'-'.join(pair)}" for quantity, pair in CASES]
)
def test_difference_is_within_its_bound(differences, quantity, pair):
    value, where = differences[quantity, pair]
    assert value <= BOUNDS[quantity], where
