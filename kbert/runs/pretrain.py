"""Pretrain a BERT further on unlabelled texts, into a run directory."""

import secrets
from dataclasses import replace
from pathlib import Path

from kbert import __version__
from kbert.backend.machine import machine, versions
from kbert.config.pretrain_config import PretrainConfig
from kbert.data.epoch_order import order_version
from kbert.data.reading.file_patterns import run_name
from kbert.errors import allowed_in
from kbert.interop.pretraining_run import PRETRAINING
from kbert.runs.beginning import complete_record, new_stage
from kbert.runs.build_masked_model import build_masked_model
from kbert.runs.fit_pretraining import fit_pretraining
from kbert.runs.not_settings import not_settings
from kbert.runs.on_devices import check_one_process
from kbert.runs.prepare_pretraining import PreparedPretraining, prepare_pretraining
from kbert.runs.run_claim import claimed_run
from kbert.runs.run_directory import RunDirectory
from kbert.runs.train import data_record, lengths_record, plan_record
from kbert.trackers.find_trackers import find_trackers
from kbert.utils.file_errors import check_name
from kbert.utils.now import now
from kbert.utils.say import verbosity


def pretrain(config: PretrainConfig, *, verbose: int = 1) -> RunDirectory:
    """Continue masked language modeling on unlabelled texts, and return the run's directory.

    15% of the tokens of each text are masked, whole words at a time, and predicted; see `Masking`.
    `TrainConfig(preset=str(run.path))` uses the encoder; another `pretrain` uses the head too. The
    run's `model` folder is a Hugging Face `BertForMaskedLM`.

    Args:
        config: PretrainConfig.
        verbose: int. 0 prints nothing. Defaults to 1.

    Raises:
        KbertError: something in the settings or files is wrong; the message says how to fix it.

    Example:

    ```python
    run = pretrain(PretrainConfig(data="texts.txt", output="runs/texts", epochs=1))
    ```
    """
    if not isinstance(config, PretrainConfig):
        raise not_settings(config, PretrainConfig)
    check_one_process()
    for name in ("data", "dev", "preset", "output"):
        if (value := getattr(config, name)) is not None:
            check_name(name, value)
    find_trackers(config.trackers)
    folder, name = Path("runs"), run_name(config.data)
    with (
        verbosity(verbose),
        allowed_in("kbert.PretrainConfig(..., {})"),
        claimed_run(config.output, folder=folder, name=f"{name}-pretrained") as run,
    ):
        prepared = prepare_pretraining(replace(config, output=str(run)))
        model = build_masked_model(prepared)
        _record(run, prepared)
        fit_pretraining(prepared, model, run)
    return run


def _record(run: RunDirectory, prepared: PreparedPretraining) -> None:
    """Write the run's record before its first step: completely, or not at all."""
    backend = prepared.config.backend
    assert backend is not None
    staged = RunDirectory(new_stage(run.path))
    staged.write_config(prepared.config.to_toml())
    staged.write_skipped(row for examples in prepared.sets.values() for row in examples.skipped)
    staged.update(
        kind=PRETRAINING,
        id=secrets.token_hex(8),
        status="running",
        started=now(),
        started_in=str(Path.cwd()),
        backend=backend,
        versions={"kbert": __version__, **versions()},
        machine=machine(backend),
        text_pairs=prepared.sets["train"].pairs is not None,
        chinese_words=prepared.words,
        data={name: data_record(examples) for name, examples in prepared.sets.items()},
        lengths=lengths_record(prepared.stores, prepared.config.max_length),
        tokenizer_sha256=prepared.masking.tokenizer.fingerprint,
        order_version=order_version(len(prepared.stores["train"])),
        plan=plan_record(prepared.plan),
        findings=[finding.to_record() for finding in prepared.findings],
    )
    complete_record(run.path)
