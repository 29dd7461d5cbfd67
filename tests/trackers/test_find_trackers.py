import sys

import pytest

from kbert.errors import InputError
from kbert.trackers import find_trackers as trackers
from kbert.trackers.find_trackers import find_trackers
from kbert.utils.missing_package import pip_install


def test_no_names_give_no_trackers():
    assert find_trackers(()) == []


@pytest.mark.parametrize("name", list(trackers._TRACKERS))
def test_a_missing_library_is_refused_with_what_to_install(name, monkeypatch):
    package = trackers._TRACKERS[name].package
    for module in [one for one in sys.modules if one.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(InputError) as refused:
        find_trackers([name])
    assert f"needs the package {package}, which is not installed" in str(refused.value)
    assert str(refused.value).endswith(pip_install(package))
