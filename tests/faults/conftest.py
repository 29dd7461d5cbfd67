"""Prints what the fault tests observed, as a table at the end."""

import pytest


@pytest.fixture
def tell(request):
    """A function that records a fault, the exit status, the message, and what was intact."""
    notes = request.node.user_properties

    def note(fault, status, said, intact):
        notes.append(("fault", (fault, status, said.strip(), intact)))

    return note


def pytest_terminal_summary(terminalreporter):
    """Print the table."""
    reports = [r for reports in terminalreporter.stats.values() for r in reports]
    notes = [n for r in reports if getattr(r, "when", "") == "call" for n in r.user_properties]
    rows = [row for name, row in notes if name == "fault"]
    if rows:
        terminalreporter.section("fault -> exit status and sentence -> what was intact")
    for fault, status, said, intact in rows:
        terminalreporter.write_line(f"{fault}\n  {status}  {said}\n  intact: {intact}")
