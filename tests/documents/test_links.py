"""Every link in the documents leads to a file and one of its headings, or to a web address."""

import re
from urllib.parse import urlsplit

import pytest
from documents.pages import DOCS, GENERATED, PAGES, ROOT, name_of, prose

from tools.docs_site.command_reference import command_pages
from tools.docs_site.python_reference import python_pages

EVERY = [*PAGES, *(ROOT / name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"))]


def links(path):
    return re.findall(r"\[[^]]*\]\(([^)\s]+)\)", prose(path))


def anchors(text):
    """Return the anchors of headings, as GitHub and the site make them."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    # Letters, digits, hyphens and blanks stay.
    return {
        re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", heading.lower())).strip("-")
        for heading in headings
    }


def generated(path):
    """Return the text of a page that the build writes, or None."""
    group, name = path.relative_to(DOCS).parts[-2:]
    if group == "notebooks":
        return "" if (ROOT / "notebooks" / name).with_suffix(".ipynb").exists() else None
    return {"commands": command_pages, "python": python_pages}[group]().get(name)


@pytest.mark.parametrize("page", EVERY, ids=name_of)
def test_every_link_leads_somewhere(page):
    for link in links(page):
        address = urlsplit(link)
        if address.scheme:
            assert address.scheme == "https", link
            assert "." in address.netloc, link
            continue
        target = (page.parent / address.path).resolve() if address.path else page
        assert target.is_relative_to(ROOT), link
        if target.is_relative_to(DOCS) and target.relative_to(DOCS).parts[0] in GENERATED:
            text = generated(target)
            assert text is not None, link
        else:
            assert target.exists(), link
            text = target.read_text("utf-8") if target.suffix == ".md" else ""
        if address.fragment:
            assert address.fragment in anchors(text), link


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(DOCS)], ids=name_of)
def test_relative_links_of_the_site_stay_within_it(page):
    for link in links(page):
        if not urlsplit(link).scheme and urlsplit(link).path:
            assert (page.parent / urlsplit(link).path).resolve().is_relative_to(DOCS), link
