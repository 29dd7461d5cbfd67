"""The Dockerfile and the systemd unit of docs/deploy, without Docker or systemd."""

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from kbert.cli.app import app
from kbert.cli.main import main  # noqa: F401 (each verb adds itself)
from kbert.serving.server.worker import DRAIN_SECONDS

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "docs" / "deploy"


@pytest.fixture(scope="module")
def instructions():
    """The instructions of the Dockerfile, each with its arguments."""
    text = (DEPLOY / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


@pytest.fixture(scope="module")
def unit():
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.optionxform = str
    parser.read_string((DEPLOY / "kbert.service").read_text("utf-8"))
    return parser


def test_the_command_of_the_image_is_valid(instructions):
    (command,) = [json.loads(rest) for name, rest in instructions if name == "CMD"]
    assert command[:3] == ["kbert", "serve", "/model"]
    function, bound, _ = app.parse_args(command[1:])
    settings = bound.arguments["settings"]
    assert (function.__name__, settings.host, settings.port) == ("serve", "0.0.0.0", 8000)
    (port,) = [rest for name, rest in instructions if name == "EXPOSE"]
    assert int(port) == settings.port
    (check,) = [rest for name, rest in instructions if name == "HEALTHCHECK"]
    code = json.loads(check.partition("CMD")[2])[-1]
    compile(code, "HEALTHCHECK", "exec")
    assert f":{port}/health" in code


def test_the_image_has_the_files_to_build_the_package(instructions):
    copied = [rest.split() for name, rest in instructions if name == "COPY"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {"pyproject.toml", project["readme"], *project["license-files"], "kbert"}
    sources = {path for *paths, _ in copied for path in paths}
    assert needed <= sources
    assert all((ROOT / path).exists() for path in sources - {"exports/reviews"})
    assert copied[-1][-1] == "/model"
    (install,) = [rest for name, rest in instructions if name == "RUN"]
    (extra,) = re.findall(r"/source\[(\w+)\]", install)
    assert extra in project["optional-dependencies"]
    names = [name for name, _ in instructions]
    assert names.index("USER") < names.index("CMD")


def test_the_unit_starts_reloads_and_waits(unit):
    service = unit["Service"]
    command = shlex.split(service["ExecStart"])
    assert command[0].startswith("/")
    _, bound, _ = app.parse_args(command[1:])
    assert str(bound.arguments["model"]) == "/srv/kbert/current"
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    assert int(service["TimeoutStopSec"]) > DRAIN_SECONDS + 5


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd")
def test_systemd_accepts_the_unit(unit, tmp_path):
    text = (DEPLOY / "kbert.service").read_text("utf-8")
    file = tmp_path / "kbert.service"
    file.write_text(text.replace("/opt/kbert/bin/kbert", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(file)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
