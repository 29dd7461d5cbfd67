import re
from pathlib import Path

from kbert.findings import CODES

DOCUMENT = Path(__file__).parents[1] / "docs" / "findings.md"
PACKAGE = Path(__file__).parents[1] / "kbert"


def test_the_document_lists_every_code_and_no_other():
    told = re.findall(r"^### (\S+)$", DOCUMENT.read_text("utf-8"), re.MULTILINE)
    assert told == list(CODES)


def test_every_code_is_used():
    sources = "".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    for code in CODES:
        # Once where it is listed, and at least once where it is reported.
        assert sources.count(f'"{code}"') >= 2, code
