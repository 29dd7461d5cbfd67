"""The docstrings of public methods, and the examples in modules that need no Keras.

Self-contained examples are run. Those that need a model or a file, listed in `NOT_RUN` with what
they lack, are only compiled.
"""

import ast
import importlib
import inspect
import re
import textwrap
from pathlib import Path

import pytest

import kbert

NOT_RUN = {
    "kbert.analysis.explain.explain": "a model",
    "kbert.analysis.find_errors.find_errors": "a run",
    "kbert.data.reading.reading_options.ReadingOptions": "a labelled file",
    "kbert.linear.baselines.baselines": "examples and a model",
    "kbert.linear.fit_linear_head.fit_linear_head": "a model, examples and a plan",
    "kbert.data.token_store.TokenStore": "examples and a tokenizer",
    "kbert.data.shards.sharded_token_store.ShardedTokenStore": "a tokenizer",
    "kbert.runs.continue_training.continue_training": "a run",
    "kbert.exports.export.export": "a run",
    "kbert.interop.model_data.ModelData": "a checkpoint",
    "kbert.models.import_model.import_model": "a checkpoint",
    "kbert.serving.predictor.Predictor": "an export",
    "kbert.runs.resume.resume": "a run",
    "kbert.runs.find_learning_rate.find_learning_rate": "a model and batches",
    "kbert.runs.pretrain.pretrain": "a file of texts",
    "kbert.techniques.fgm.FGM": "a plan and a model",
    "kbert.techniques.freeze.Freeze": "a model",
    "kbert.techniques.gradual_unfreezing.GradualUnfreezing": "a plan and a model",
    "kbert.techniques.layer_decay.LayerDecay": "a plan and a model",
    "kbert.techniques.moving_average.MovingAverage": "a plan and a model",
    "kbert.techniques.r_drop.RDrop": "a plan and a model",
    "kbert.techniques.supervised_contrastive.SupervisedContrastive": "a plan and a model",
    "kbert.techniques.token_dropout.TokenDropout": "a model",
    "kbert.techniques.lora.LoRA": "a plan and a model",
    "kbert.techniques.reinitialize.Reinitialize": "a model",
    "kbert.utils.publish.publish": "a folder to publish",
    "kbert.runs.train.train": "a labelled file",
}
FRAMEWORKS = {"keras", "keras_hub", "tensorflow", "jax", "torch"}


def imports_of(tree):
    """Yield the modules imported along with a module, so not those inside functions."""
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


def trees():
    """Yield (name, syntax tree) for each module, none of which is imported."""
    for path in sorted(Path(kbert.__file__).parent.rglob("*.py")):
        parts = path.relative_to(Path(kbert.__file__).parents[1]).with_suffix("").parts
        name = ".".join(parts).removesuffix(".__init__")
        yield name, ast.parse(path.read_text(encoding="utf-8"))


def modules_without_keras():
    found = {}
    for name, tree in trees():
        # Importing a module also imports the packages that it lies in.
        packages = {name.rsplit(".", n)[0] for n in range(1, name.count("."))}
        found[name] = packages | set(imports_of(tree))
    needs = {name for name, imports in found.items() if needs_keras(imports)}
    while more := {n for n, imports in found.items() if imports & needs} - needs:
        needs |= more
    return sorted(set(found) - needs - {"kbert", "kbert.__main__"}), needs


def needs_keras(imports):
    return bool({name.partition(".")[0] for name in imports} & FRAMEWORKS)


def examples():
    """Yield (name, the source of its examples) for whatever has a docstring with examples."""
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        named = {f"{module_name}.{name}": value for name, value in vars(module).items()}
        for name, value in [(module_name, module), *named.items()]:
            if value is not module and getattr(value, "__module__", None) != module_name:
                continue
            inside = vars(value) if inspect.isclass(value) else {}
            methods = {f"{name}.{key}": member for key, member in inside.items()}
            for full_name, documented in [(name, value), *methods.items()]:
                text = textwrap.dedent(getattr(documented, "__doc__", None) or "")
                for block in re.findall(r"```python\n(.*?)```", inspect.cleandoc(text), re.DOTALL):
                    yield full_name, block


MODULES, KERAS_MODULES = modules_without_keras()
EXAMPLES = list(examples())
RUN = [(name, block) for name, block in EXAMPLES if name not in NOT_RUN]


def test_modules_are_sorted_by_whether_they_need_keras():
    assert {
        "kbert.plans.training_plan",
        "kbert.config.train_config",
        "kbert.tokenizer.tokenizer",
        "kbert.runs.train",
    } <= set(MODULES)
    assert {"kbert.data.batches", "kbert.optimizers.adamw"} <= KERAS_MODULES


@pytest.mark.parametrize(("name", "block"), RUN, ids=[name for name, _ in RUN])
def test_an_example_runs(name, block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = next(m for m in sorted(MODULES, reverse=True) if name.startswith(f"{m}."))
    exec(compile(block, name, "exec"), dict(vars(importlib.import_module(module))))


@pytest.mark.parametrize("name", NOT_RUN)
def test_an_example_that_needs_more_compiles(name):
    [block] = [block for other, block in EXAMPLES if other == name]
    compile(block, name, "exec")


def test_public_names_with_an_example():
    public = {f"{module}.{name}" for name, module in kbert._MODULES.items() if module in MODULES}
    documented = {name for name, _ in EXAMPLES}
    without = {"Evaluation", "Examples", "Inspection", "Prediction"}
    without |= {"FindingsError", "KbertError", "MachineError"}
    assert {name.rpartition(".")[2] for name in public - documented} == without


def classes():
    """The public classes of kbert by name: their methods, and the names of their bases."""
    found = {}
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                methods = {m.name: m for m in node.body if isinstance(m, ast.FunctionDef)}
                setters = [m for m in methods.values() if "setter" in map(_last, m.decorator_list)]
                methods = {n: m for n, m in methods.items() if m not in setters}
                found[node.name] = (methods, [ast.unparse(base) for base in node.bases])
    return found


def _last(decorator):
    return ast.unparse(decorator).rpartition(".")[2]


def overrides(method, bases, known):
    """Whether a base defines a method; a base outside kbert may define any."""
    own = [known[base] for base in bases if base in known]
    elsewhere = [base for base in bases if base not in known and base != "Protocol"]
    return bool(elsewhere) or any(
        method in methods or overrides(method, above, known) for methods, above in own
    )


def test_public_methods_have_docstrings_or_override_one():
    known = classes()
    without = [
        f"{name}.{method}"
        for name, (methods, bases) in known.items()
        for method, node in methods.items()
        if not method.startswith("_")
        and ast.get_docstring(node) is None
        and not overrides(method, bases, known)
    ]
    assert len(known) > 80
    assert without == []
