import codecs

import pytest

from kbert.data.reading.encoding_names import nearest_encoding


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("win1252", "cp1252"),
        ("Windows-1251", "cp1251"),
        ("ANSI", "cp1252"),
        ("UTF-8-BOM", "utf-8"),
        ("UTF8-SIG", "utf-8"),
        ("utf-61", "utf-16"),
        ("chinese", "gb18030"),
        ("gb-18030", "gb18030"),
        ("Macintosh", "mac_roman"),
        ("latin-one", "latin_1"),
    ],
)
def test_the_nearest_encoding_is_found(name, meant):
    found = nearest_encoding(name)
    assert found is not None
    assert codecs.lookup(found).name == codecs.lookup(meant).name


@pytest.mark.parametrize("name", ["", "klingon", "base65", "?"])
def test_names_unlike_any_encoding(name):
    assert nearest_encoding(name) is None
