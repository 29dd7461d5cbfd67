"""The document of the benchmarks: what is written into it, and what is kept."""

import argparse
import ast
import sys
from pathlib import Path

import pytest

from benchmarks import gpu, models, pretraining, report, scaling
from benchmarks.scaling_model import (
    Link,
    as_many_rows_on_each,
    most_devices,
    sent_bytes,
    the_same_batch,
)
from benchmarks.sections import SECTIONS, Program, Section
from benchmarks.seeds import from_log

ROOT = Path(__file__).parents[1]
OLD_LOG = """\
kbert train /home/somebody/trec.csv --epochs 2: dev accuracy of the best epoch
seed 0: --packing on 0.9000, --packing off 0.9040
seed 1: --packing on 0.9300, --packing off 0.9200
--packing on: mean 0.9150, standard deviation 0.0212
--packing off: mean 0.9120, standard deviation 0.0113; to the first -0.0030 with a standard error of
kbert train /home/somebody/other.csv: dev accuracy of the best epoch
"""


@pytest.fixture(autouse=True)
def _known_machine(monkeypatch):
    """Looking for a GPU would import torch."""
    monkeypatch.setattr(report, "machine", lambda: "a processor, 2 cores")


@pytest.fixture
def section(tmp_path, monkeypatch):
    """A section whose program prints a table of the arguments it was given."""
    code = (
        "import sys; print('### A table\\n\\n| a |\\n|---|\\n| ' + ' '.join(sys.argv[1:]) + ' |')"
    )
    (tmp_path / "program.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    takes = {"rows": "--rows", "peers": "--peers", "rounds": "--turns"}
    return Section("Prediction speed", "What is compared.", [Program(["program"], takes)])


def test_a_section_shows_what_was_run_without_paths(section):
    options = {"rows": ["9"], "rounds": ["2"], "peers": ["/home/x/bin/python"], "data": ["imdb"]}
    lines = report.measure(section, options).splitlines()
    assert lines[:3] == ["## Prediction speed", "", "What is compared."]
    assert lines[4].startswith("`python -m program --rows 9 --turns 2 --peers PYTHON`, 20")
    assert "on a processor, 2 cores; keras 3" in " ".join(lines[4:8])
    assert lines[-3:] == ["| a |", "|---|", "| --rows 9 --turns 2 --peers python |"]


def test_only_what_was_measured_is_replaced():
    old = "\n\n".join(
        ["# Old words", "## Memory", "M", "## Own notes", "N", "## Training speed", "T"]
    )
    new = report.replaced(old, {"Training speed": "## Training speed\n\nnew"})
    assert new == "\n\n".join(
        [report.INTRODUCTION, "## Training speed\n\nnew", "## Memory\n\nM", "## Own notes\n\nN\n"]
    )
    assert report.replaced(new, {}) == new


def test_sections_keep_their_order_whichever_is_measured_first():
    document = ""
    for name in reversed(SECTIONS):
        heading = SECTIONS[name].heading
        document = report.replaced(document, {heading: f"## {heading}\n\n{name}"})
    found = [line[3:] for line in document.splitlines() if line.startswith("## ")]
    own = [section.heading for section in SECTIONS.values() if section.document is None]
    assert found[: len(own)] == own


def test_hand_written_text_around_a_section_is_kept():
    by_hand = "# Title\n\nWords.\n\n## Measured\n\nold\n\n### Part\n\nold\n\n## More\n\nWords.\n"
    new = report.with_section(by_hand, "Measured", "## Measured\n\nnew")
    assert new == "# Title\n\nWords.\n\n## Measured\n\nnew\n\n## More\n\nWords.\n"
    assert report.with_section(new, "Measured", "## Measured\n\nnew") == new
    assert report.with_section("# Title\n", "Measured", "## Measured") == "# Title\n\n## Measured\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kbert train /tmp/m/s6/rt.csv --epochs 2", "kbert train rt.csv --epochs 2"),
        ("49 GFLOP/s, 28 examples/s", "49 GFLOP/s, 28 examples/s"),
        ("see https://docs.jax.dev/en/latest", "see https://docs.jax.dev/en/latest"),
        ("docs/images/data-scale.png", "docs/images/data-scale.png"),
    ],
)
def test_paths_of_this_machine_become_names(text, expected):
    assert report.without_paths(text) == expected


def test_a_seed_log_becomes_a_table_however_it_ends():
    lines = from_log(OLD_LOG).splitlines()
    assert lines[0].startswith("`kbert train /home/somebody/trec.csv --epochs 2`: dev accuracy")
    assert lines[-2:] == [
        "| `--packing on` | 2 | 0.9150 | 0.0212 |  |  |",
        "| `--packing off` | 2 | 0.9120 | 0.0113 | -0.0030 | 0.0070 |",
    ]
    with pytest.raises(ValueError, match="no line of a seed"):
        from_log("kbert train x.csv: dev accuracy of the best epoch\n")


def test_a_log_is_written_with_its_command(tmp_path, monkeypatch):
    log, document = tmp_path / "seeds.log", tmp_path / "benchmarks.md"
    log.write_text(OLD_LOG, encoding="utf-8")
    command = ["report", "accuracy", "--from", str(log), "--output", str(document)]
    monkeypatch.setattr(sys, "argv", [*command, "--command", "what was typed"])
    report.main()
    text = document.read_text(encoding="utf-8")
    assert "`what was typed`, 20" in text
    assert "`kbert train trec.csv --epochs 2`" in text
    assert str(tmp_path) not in text


def test_two_settings_seed_by_seed():
    """The t-test by hand: differences 0.02 and 0.04 have mean 0.03 and standard error 0.01."""
    assert list(pretraining.summary([0.70, 0.72], [0.72, 0.76])) == [
        "without: mean 0.7100, standard deviation 0.0141",
        "with: mean 0.7400, standard deviation 0.0283",
        "difference: mean +0.0300",
        "paired t-test: t = 3.00, p = 0.2048",
    ]
    assert list(pretraining.summary([0.7], [0.8]))[2:] == ["difference: mean +0.1000"]


def test_what_a_ring_exchanges():
    """8 devices send 2 * 7 / 8 of 4 bytes * 1e6 weights: 7 MB, in 7 ms at 8 Gbit/s, and 14 messages
    of 100 microseconds."""
    link = Link(gigabits=8, microseconds=100)
    assert sent_bytes(10**6, 8) == 7e6
    assert sent_bytes(10**6, 1) == 0
    assert link.seconds(10**6, 8) == pytest.approx(0.0070 + 0.0014)
    assert link.seconds(10**6, 1) == 0


def test_speed_up_of_several_devices():
    """An exchange of 8.4 ms beside 25.2 ms of computing is a quarter; 8 devices give 8 * 0.75."""
    link = Link(gigabits=8, microseconds=100)
    each = as_many_rows_on_each(0.0252, 10**6, 8, link)
    assert (each.share, each.speed_up) == (pytest.approx(0.25), pytest.approx(6.0))
    # The same batch: 25.2 / 8 = 3.15 ms of computing; 4 rows keep 4 of 8 devices busy.
    same = the_same_batch(0.0252, 10**6, 8, link, rows=32)
    assert same.computing == pytest.approx(0.00315)
    assert same.speed_up == pytest.approx(25.2 / (3.15 + 8.4))
    assert the_same_batch(0.0252, 10**6, 8, link, rows=4).computing == pytest.approx(0.0063)
    assert most_devices(lambda devices: devices <= 40) == 32
    assert most_devices(lambda devices: False) == 1


def test_scaling_tables_use_the_given_numbers(capsys):
    options = argparse.Namespace(
        **{"gigabits": [8.0], "latency_us": 100.0, "devices": [8], "all_reduce": False},
        **{"faster": [1.0], "worth": 0.25, "examples": [25_000]},
    )
    found = {"Model": {"parameters": 10**6, "seconds": 0.0252}}
    lines = list(scaling.tables(options, found))
    assert "| Model | 1,000,000 | 4 MB | 25.2 ms | 1269.8 | 7 MB |" in lines
    assert "| 8 Gbit/s | 8 | 8.4 ms | 6.0 | 25% | 2.2 | 73% |" in lines
    assert "| 25,000 | 2,346 | 294 | 4 |" in lines  # 588 updates on 4 devices


def test_programs_import_only_what_exists():
    """Benchmarks run rarely, so a change in what they import would go unnoticed."""
    missing = []
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("benchmarks"):
                file = ROOT / (node.module.replace(".", "/") + ".py")
                known = names_of(file) if file.exists() else modules()
                missing += [(path.name, a.name) for a in node.names if a.name not in known]
    assert missing == []


def names_of(file):
    """What a module defines or imports, outside of functions."""
    names = set()
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names |= {n.id for n in ast.walk(target) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.AnnAssign):
            names.add(node.target.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
    return names


def modules():
    return {path.stem for path in (ROOT / "benchmarks").glob("*.py")}


def test_a_gpu_table_has_the_median_and_ratio_of_each_side():
    def once(speed, device_mb):
        return {"speed": speed, "device_mb": device_mb, "real_tokens": 1.0}

    measured = {
        "Hugging Face Trainer": [once(100.0, 900), once(300.0, 910)],
        "kbert, torch": [once(400.0, 800), once(400.0, 800)],
    }
    assert [*gpu.rows_of_table("full", "bfloat16", measured)] == [
        "| full, 128 | bfloat16 | Hugging Face Trainer | 200 (100, 300) | 1.00 | 160.0 ms "
        "| 100% | 910 MB |",
        "| full, 128 | bfloat16 | kbert, torch | 400 (400, 400) | 2.00 | 80.0 ms | 100% | 800 MB |",
    ]


def test_a_bert_base_is_written_without_weights(tmp_path):
    folder = models.model_folder("BERT-Base", tmp_path / "base")
    assert not models.has_weights(folder)
    assert models.has_weights(models.model_folder("MiniLM", tmp_path))
    assert models.has_weights("minilm")
