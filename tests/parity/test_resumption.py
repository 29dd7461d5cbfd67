import pytest

from .resumption import CASES, measure
from .table import BOUNDS

pytestmark = pytest.mark.parity


@pytest.fixture(scope="session")
def differences(tmp_path_factory):
    return measure(tmp_path_factory.mktemp("resumption"))


@pytest.mark.parametrize(("begun", "resumed"), CASES, ids=str)
def test_a_training_begun_on_one_backend_ends_on_another(differences, begun, resumed):
    for kind, difference in differences[begun, resumed].items():
        assert difference <= (0 if begun == resumed else BOUNDS[kind])
