import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import kbert

NAMES = [
    *("AdamW", "Batches", "BertAdam", "BertClassifier", "ChangedPlan", "EpochEvaluation"),
    *("Evaluation", "Examples", "Finding", "FindingsError", "FreshOptimizer", "Inspection"),
    *("KbertError", "Labels", "LearningRateLogger", "PlanGuard", "Prediction", "Predictor"),
    *("RunCheckpoint", "TokenStore", "Tokenizer", "TrainConfig", "TrainingPlan"),
    "WarmupPolynomialDecay",
    *("continue_training", "create_optimizer", "epoch_order", "export", "find_preset"),
    *("import_model", "inspect_examples", "read_examples", "recommend_shuffle_buffer", "resume"),
    *("simulate_shuffle_buffer", "train"),
]
FRAMEWORKS = ("keras", "keras_hub", "tensorflow", "jax", "torch", "numpy")
PACKAGE = Path(kbert.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# What each part of the package must not import.
ABOVE_RUNS = ("exports", "reports", "verbs", "cli")
ABOVE_CALLBACKS = ("runs", *ABOVE_RUNS)
ABOVE_CHECKPOINTS = ("callbacks", *ABOVE_CALLBACKS)
ABOVE_SERVING = ("checkpoints", *ABOVE_CHECKPOINTS)
ABOVE_MODELS = ("serving", *ABOVE_SERVING)
ABOVE_INTEROP = ("schedules", "optimizers", "models", *ABOVE_MODELS)
ABOVE_DATA = ("interop", *ABOVE_INTEROP)
ABOVE_PLAN = ("data", "fit_findings", "changed_plan", "google_command", *ABOVE_DATA)
FORBIDDEN = {
    **dict.fromkeys(("errors", "wording", "choices", "files", "untrusted"), ABOVE_PLAN),
    **dict.fromkeys(("learning_rate", "program", "determinism", "model_sizes"), ABOVE_PLAN),
    **dict.fromkeys(("findings", "plan", "plan_findings", "metrics", "backend"), ABOVE_PLAN),
    **dict.fromkeys(("data", "fit_findings", "changed_plan", "google_command"), ABOVE_DATA),
    "config": ABOVE_DATA,
    "interop": ABOVE_INTEROP,
    **dict.fromkeys(("schedules", "optimizers", "models"), ABOVE_MODELS),
    "serving": ABOVE_SERVING,
    "checkpoints": ABOVE_CHECKPOINTS,
    "callbacks": ABOVE_CALLBACKS,
    "runs": ABOVE_RUNS,
    "exports": ("reports", "verbs", "cli"),
    "reports": ("verbs", "cli"),
    "verbs": ("cli",),
}


def python(code):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout


def test_all():
    assert kbert.__all__ == NAMES
    assert set(NAMES) <= set(dir(kbert))


def test_each_name_is_what_its_module_defines():
    code = "import kbert\nfor n in kbert.__all__: print(n, getattr(kbert, n).__name__)"
    assert python(code).split("\n") == [*(f"{name} {name}" for name in NAMES), ""]


def test_unknown_name():
    with pytest.raises(AttributeError, match="'kbert' has no attribute 'nothing'"):
        kbert.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import kbert", ()),
        ("import kbert.cli", ()),
        ("from kbert import TrainConfig", ()),
        ("from kbert import Tokenizer, TrainingPlan, read_examples, TokenStore", ("numpy",)),
        ("from kbert import train", ("numpy",)),
        ("import kbert.models.presets", ("numpy",)),
    ],
    ids=["package", "cli", "config", "data", "train", "presets"],
)
def test_imports_no_framework(code, allowed):
    loaded = python(f"{code}\nimport sys\nprint(*sys.modules)").split()
    assert "kbert" in loaded
    assert [name for name in FRAMEWORKS if name in loaded and name not in allowed] == []


def imported_modules(path):
    """The modules that a file imports anywhere in it, but for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def part_of(path):
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def test_every_part_has_a_rule():
    parts = {part_of(path) for path in MODULES}
    assert parts - set(FORBIDDEN) == {"__init__", "__main__", "cli"}


@pytest.mark.parametrize(
    "path",
    [path for path in MODULES if part_of(path) in FORBIDDEN],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_import_direction(path):
    imported = {name.split(".")[1] for name in imported_modules(path) if name.startswith("kbert.")}
    assert imported.isdisjoint(FORBIDDEN[part_of(path)])


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in MODULES
        if part_of(path) in (*FORBIDDEN, "cli")
        and part_of(path) not in ("verbs", "schedules", "optimizers", "models", "callbacks")
        and path.name not in ("batches.py", "training_state.py")
    ],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_framework_at_the_top_of_what_needs_none(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in top
    ]
    assert {name.split(".")[0] for name in names}.isdisjoint(FRAMEWORKS[:-1])
