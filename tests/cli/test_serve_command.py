"""`kbert serve` before it starts."""

import subprocess
import sys

import pytest

from kbert.cli.main import main


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["serve", *arguments])
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--port", "65536"], "--port must be from 0 to 65535. Received: 65536"),
        (["--workers", "0"], "--workers must be 1 or more. Received: 0"),
        (["--max-wait-ms", "-1"], "--max-wait-ms must be from 0 to 60000 milliseconds."),
        (["--max-wait-ms", "nan"], "--max-wait-ms must be from 0 to 60000 milliseconds."),
        (["--max-queue", "8"], "in a queue of 8. Cure: --max-queue 256"),
    ],
)
def test_invalid_settings_are_refused(flags, told, capsys):
    status, err = run(capsys, "model", *flags)
    assert status == 2
    assert err.startswith("kbert: ")
    assert told in " ".join(err.split())


@pytest.mark.parametrize("package", ["fastapi", "uvicorn", "prometheus_client"])
def test_a_missing_package_is_one_sentence(package, capsys, monkeypatch):
    monkeypatch.setattr(
        "kbert.cli.serve.find_spec", lambda name: None if name == package else object()
    )
    status, err = run(capsys, "model")
    named = package.replace("_", "-")
    assert (status, err) == (
        2,
        f"kbert: The package {named} is not installed. A server needs: pip install fastapi uvicorn "
        "prometheus-client\n",
    )


def test_the_cure_for_a_missing_model_names_existing_ones(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for file in ("runs/a/run.json", "runs/a/model/config.json", "exports/a/kbert.json"):
        (tmp_path / file).parent.mkdir(parents=True)
        (tmp_path / file).write_text("{}")
    for name in ("Nothing", "runs/b/x"):
        status, err = run(capsys, name, "--port", "0")
        assert status == 2
        assert f"There is no file or folder {name}." in err
        assert "Cure: name an existing model: runs/a or exports/a" in " ".join(err.split())


def test_nothing_else_imports_the_server_packages():
    code = (
        "import sys, kbert.cli.main\nkbert.Predictor\n"
        "try: kbert.cli.main.main(['--help'])\nexcept SystemExit: pass\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert "kbert" in loaded
    assert loaded.isdisjoint({"fastapi", "starlette", "uvicorn", "prometheus_client", "pydantic"})
