import pytest

from .resumption import RING, measure
from .table import BOUNDS

pytestmark = pytest.mark.parity


@pytest.fixture(scope="session")
def differences(tmp_path_factory):
    return measure(tmp_path_factory.mktemp("resumption"), RING)


# On one backend the bits are equal, which tests/runs/test_resume_exactly.py checks for each. Run by
# hand, `python -m tests.parity.resumption` covers every pair.
@pytest.mark.parametrize(("begun", "resumed"), RING, ids=str)
def test_a_run_begun_on_one_backend_resumes_on_another(differences, begun, resumed):
    for kind, difference in differences[begun, resumed].items():
        assert difference <= BOUNDS[kind]
