"""The wheel, alone in a fresh environment: what a user has who never sees this checkout."""

import os
import re
import shutil
import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def run(*command, cwd, **options):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "KERAS_"))}
    done = subprocess.run(
        list(map(str, command)), cwd=cwd, env=environment, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    return done.stdout


def build_wheel(folder):
    """Build from what git would commit, lest a file of the checkout alone be packed too."""
    files = "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"
    for name in filter(None, run(*files, cwd=ROOT).split("\0")):
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
    """The names of all that an extra needs, the distribution's own extras resolved."""
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

    run(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", cwd=tmp_path)
    python, kbert = tmp_path / "venv/bin/python", tmp_path / "venv/bin/kbert"
    # What is not imported need not be compiled, 20,000 files.
    install = "pip", "--python", python, "install", "--quiet", "--no-compile", f"{wheel}[jax]"
    run(sys.executable, "-m", *install, cwd=tmp_path)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    assert "train" in run(kbert, "--help", cwd=elsewhere)
    code = "import kbert, sys; assert 'keras' not in sys.modules; print(kbert.__file__)"
    assert Path(run(python, "-c", code, cwd=elsewhere)).is_relative_to(tmp_path / "venv")

    (elsewhere / "run.toml").write_text(
        f'data = "{reviews}"\npreset = "{tiny_preset}"\nweights = "random"\nepochs = 1\n'
        'batch_size = 8\nmax_length = 16\nbackend = "jax"\noutput = "run"\n'
    )
    run(kbert, "train", "--config", "run.toml", cwd=elsewhere)
    texts = "A moving story.\nA dull mess.\n"
    table = run(kbert, "predict", "run", "--backend", "jax", cwd=elsewhere, input=texts)
    header, *rows = table.splitlines()
    assert header == "row,text,label,probability,p(bad),p(good)"
    assert [row.split(",")[:2] for row in rows] == [["1", "A moving story."], ["2", "A dull mess."]]

    shutil.rmtree(tmp_path / "venv")  # large, and pytest would keep it for three sessions
