import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kbert

NAMES = [
    "AdamW",
    "AverageBest",
    "Batches",
    "BertAdam",
    "BertClassifier",
    "ChangedPlan",
    "ClassLoss",
    "Cure",
    "EpochEvaluation",
    "Evaluation",
    "Examples",
    "ExponentialGrowth",
    "FGM",
    "Finding",
    "FindingsError",
    "Freeze",
    "FreshOptimizer",
    "GradualUnfreezing",
    "InputError",
    "Inspection",
    "KbertError",
    "Labels",
    "LayerDecay",
    "LearningRateLogger",
    "LinearHead",
    "LoRA",
    "MachineError",
    "MaskedBatches",
    "MaskedLanguageModel",
    "Masking",
    "MovingAverage",
    "PlanGuard",
    "Prediction",
    "Predictor",
    "PretrainConfig",
    "RDrop",
    "Reinitialize",
    "RunCheckpoint",
    "RunTracker",
    "ShardedTokenStore",
    "SkippedRowsWarning",
    "SupervisedContrastive",
    "TokenDropout",
    "TokenStore",
    "Tokenizer",
    "TrainConfig",
    "TrainingPlan",
    "UnknownTokensWarning",
    "WarmupPolynomialDecay",
    "Windows",
    "baselines",
    "continue_training",
    "create_optimizer",
    "epoch_order",
    "explain",
    "export",
    "find_errors",
    "find_learning_rate",
    "find_source",
    "fit_linear_head",
    "import_model",
    "inspect_examples",
    "join_processes",
    "pretrain",
    "read_examples",
    "recommend_shuffle_buffer",
    "resume",
    "simulate_shuffle_buffer",
    "train",
]
FRAMEWORKS = ("keras", "keras_hub", "tensorflow", "jax", "torch", "numpy")
PACKAGE = Path(kbert.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))
# A table of module names, imported when a source is looked for.
EXEMPT = ("kbert.interop.sources", "kbert")

# Each part imports only from those above it. CONTRIBUTING.md shows the list as a table.
LAYERS = [
    ("choices",),
    ("display",),
    ("findings",),
    ("errors",),
    ("utils",),
    ("results",),
    ("losses",),
    ("targets",),
    ("tokenizer",),
    ("backend",),
    ("data",),
    ("plans",),
    ("config",),
    ("techniques",),
    ("interop",),
    ("schedules",),
    ("optimizers",),
    ("models",),
    ("linear",),
    ("serving",),
    ("trackers",),
    ("checkpoints",),
    ("callbacks",),
    ("reports",),
    ("runs",),
    ("plots",),
    ("analysis",),
    ("exports",),
    ("sweeps",),
    ("cli",),
]
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


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


def test_the_stub_declares_each_name_once():
    stub = ast.parse((PACKAGE / "__init__.pyi").read_text(encoding="utf-8"))
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    declared = [(alias.asname, node.module) for node in imports for alias in node.names]
    assert declared == [(alias.name, node.module) for node in imports for alias in node.names]
    assert declared.pop(0) == ("plots", "kbert")  # a module
    assert sorted(name for name, _ in declared) == NAMES
    assert dict(declared) == kbert._MODULES


def test_importing_the_package_is_quick():
    code = (
        "import time; start = time.perf_counter(); import kbert; print(time.perf_counter() - start)"
    )
    assert min(float(python(code)) for _ in range(3)) < 0.1


def test_contributing_has_the_layers_in_order():
    text = (PACKAGE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)
    assert rooms == [name for names in LAYERS for name in names]


def test_unknown_name():
    with pytest.raises(AttributeError, match="'kbert' has no attribute 'nothing'"):
        kbert.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("import kbert", ()),
        ("import kbert.cli.main", ()),
        ("from kbert import TrainConfig", ()),
        ("from kbert import Tokenizer, TrainingPlan, read_examples, TokenStore", ("numpy",)),
        ("from kbert import train", ("numpy",)),
        ("import kbert.interop.sources", ("numpy",)),
    ],
    ids=["package", "cli", "config", "data", "train", "presets"],
)
def test_imports_no_framework(code, allowed):
    loaded = python(f"{code}\nimport sys\nprint(*sys.modules)").split()
    assert "kbert" in loaded
    assert [name for name in FRAMEWORKS if name in loaded and name not in allowed] == []


def imported_modules(path):
    """Yield the kbert modules that a file imports, even lazily or only for type checking."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in NAMED else node.module for name in inside]
        yield from (name for name in names if name.partition(".")[0] == "kbert")


def name_of(path):
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMED = {name_of(path): path for path in MODULES}


def part_of(name):
    return name.split(".")[1] if "." in name else name


def test_every_part_has_a_layer():
    assert {part_of(name) for name in NAMED} - {"kbert", "__main__"} == set(RANK)


@pytest.mark.parametrize(
    "name", [name for name in NAMED if part_of(name) in RANK and name not in EXEMPT]
)
def test_import_direction(name):
    rank = RANK[part_of(name)]
    imported = {part_of(other) for other in imported_modules(NAMED[name])}
    above = sorted(part for part in imported if RANK.get(part, 0) > rank)
    assert above == [], f"{name} imports what lies above it"


def test_no_circular_imports():
    graph = {
        name: sorted({n for n in imported_modules(path) if n != name} & set(NAMED))
        for name, path in NAMED.items()
        if name not in EXEMPT
    }
    assert circles(graph) == []


def circles(graph):
    """Return the cycles of a graph: files that import each other, directly or indirectly."""
    found, done = [], set()

    def visit(name, way):
        if name in way:
            found.append(way[way.index(name) :])
        elif name not in done:
            for other in graph.get(name, ()):
                visit(other, [*way, name])
            done.add(name)

    for name in graph:
        visit(name, [])
    return found


def test_cycles_are_found():
    assert circles({"a": ["b"], "b": ["c"], "c": ["b"]}) == [["b", "c"]]


# Rooms whose modules import Keras when imported, and single such modules of other rooms.
WITH_KERAS = ("losses", "schedules", "optimizers", "models", "callbacks")
MODULES_WITH_KERAS = (
    "kbert.backend.between_batches",
    "kbert.backend.blocked_attention",
    "kbert.backend.dataset_internals",
    "kbert.backend.dense",
    "kbert.backend.device_values",
    "kbert.backend.dropout",
    "kbert.backend.encoder_layer",
    "kbert.backend.few_shapes",
    "kbert.backend.fused_attention",
    "kbert.backend.fused_update",
    "kbert.backend.gelu",
    "kbert.backend.gradients",
    "kbert.backend.encoder_internals",
    "kbert.backend.fit_internals",
    "kbert.backend.inner_gradient",
    "kbert.backend.metric_internals",
    "kbert.backend.moving_average",
    "kbert.backend.optimizer_internals",
    "kbert.backend.paired_attention",
    "kbert.backend.random_states",
    "kbert.backend.tensor_logs",
    "kbert.checkpoints.resumed_fit",
    "kbert.checkpoints.training_state",
    "kbert.data.batches",
    "kbert.data.epoch_dataset",
    "kbert.data.epoch_setter",
)


@pytest.mark.parametrize(
    "name",
    [n for n in NAMED if part_of(n) not in WITH_KERAS and n not in MODULES_WITH_KERAS],
)
def test_other_modules_import_no_framework_at_the_top(name):
    tree = ast.parse(NAMED[name].read_text(encoding="utf-8"))
    top = [node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = [
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in top
    ]
    assert {name.split(".")[0] for name in names}.isdisjoint(FRAMEWORKS[:-1])
