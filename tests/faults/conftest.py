"""What the tests of faults tell, as a table after them."""

import pytest

_TABLE = pytest.StashKey[list]()


@pytest.fixture
def tell(request):
    """A function that notes a fault, the exit status, what was said, and what was intact."""
    rows = request.config.stash.setdefault(_TABLE, [])
    return lambda fault, status, said, intact: rows.append((fault, status, said.strip(), intact))


def pytest_terminal_summary(terminalreporter, config):
    """Print the table."""
    rows = config.stash.get(_TABLE, [])
    if rows:
        terminalreporter.section("fault -> exit status and sentence -> what was intact")
    for fault, status, said, intact in rows:
        terminalreporter.write_line(f"{fault}\n  {status}  {said}\n  intact: {intact}")
