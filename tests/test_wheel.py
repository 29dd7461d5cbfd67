"""The wheel alone in a fresh environment, as for a user who never sees this checkout."""

import re
import shutil
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from declared_environment import make_environment, run

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def build_wheel(folder):
    """Build from what git would commit, so that no other file of the checkout is packed."""
    files = "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"
    for name in filter(None, run(*files, cwd=ROOT).stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / "copy" / name)
    run(sys.executable, "-m", "build", "--wheel", "--outdir", folder, folder / "copy", cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(tmp_path_factory.mktemp("wheel"))


def requirements(metadata, extra, seen=()):
    """Yield the names of all that an extra needs, with the distribution's own extras resolved."""
    assert extra not in seen, f"the extra {extra} needs itself"
    for line in metadata.get_all("Requires-Dist"):
        requirement, _, marker = line.partition(";")
        if not marker or re.fullmatch(rf"\s*extra == ['\"]{extra}['\"]", marker):
            name, _, more = re.match(r"([\w.-]+)(\[(.*?)\])?", requirement).groups()
            yield name
            if name == metadata["Name"]:
                for other in more.split(","):
                    yield from requirements(metadata, other, (*seen, extra))


def test_no_extra_needs_the_package_called_kbert(wheel):
    with zipfile.ZipFile(wheel) as files:
        (name,) = (name for name in files.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(files.read(name).decode("utf-8"))
    assert metadata["Name"] == "keras-kbert"
    needed = {
        extra: set(requirements(metadata, extra)) for extra in metadata.get_all("Provides-Extra")
    }
    assert "keras-hub" in needed["torch"]
    assert "tensorflow" in needed["test"]
    assert [extra for extra, names in needed.items() if "kbert" in names] == []


def test_the_wheel_works_alone(wheel, tmp_path, tiny_preset, reviews):
    names = zipfile.ZipFile(wheel).namelist()
    assert {"kbert/py.typed", "kbert/__init__.pyi"} <= set(names)
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == {"kbert"}
    assert not [name for name in names if "test" in name]

    programs = make_environment(tmp_path / "venv", wheel, "jax")
    python, kbert = programs / "python", programs / "kbert"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert "train" in run(kbert, "--help", cwd=elsewhere).stdout
    code = "import kbert, sys; assert 'keras' not in sys.modules; print(kbert.__file__)"
    where = run(python, "-c", code, cwd=elsewhere).stdout
    assert Path(where).is_relative_to(tmp_path / "venv")

    (elsewhere / "run.toml").write_text(
        f'data = "{reviews}"\npreset = "{tiny_preset}"\nweights = "random"\nepochs = 1\n'
        'batch_size = 8\nmax_length = 16\nbackend = "jax"\noutput = "run"\n'
    )
    run(kbert, "train", "--config", "run.toml", cwd=elsewhere)
    texts = "A moving story.\nA dull mess.\n"
    done = run(kbert, "predict", "run", "--backend", "jax", cwd=elsewhere, input=texts)
    header, *rows = done.stdout.splitlines()
    assert header == "row,text,label,probability,p(bad),p(good)"
    assert [row.split(",")[:2] for row in rows] == [["1", "A moving story."], ["2", "A dull mess."]]
