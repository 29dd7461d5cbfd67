"""Makes a token store for `kbert tokens`, and shows what is in one."""

from collections.abc import Mapping
from typing import Any

from kbert.cli.app import exit_status
from kbert.cli.show import show, show_json
from kbert.config import ModelOptions
from kbert.data.reading.reading_options import ReadingOptions
from kbert.data.shards.sharded_token_store import ShardedTokenStore
from kbert.data.shards.stored_examples import StoredExamples
from kbert.data.shards.stored_findings import stored_findings
from kbert.errors import InputError
from kbert.findings import Call, Cure, Finding, Option, findings_table, worded
from kbert.interop.sources import find_source
from kbert.results.length_histogram import LengthHistogram
from kbert.utils.say import say
from kbert.utils.wording import count_list, count_noun

_BATCH = 32
# The settings that a training run must share with its store.
_OF_TOKENS = ("preset", "long_text", "cut_pair", "stride", "max_windows")


def make_store(
    data: str, output: str, model: ModelOptions, reading: ReadingOptions, rows_per_shard: int
) -> None:
    """Make a token store, and print what is in it."""
    source = find_source(model.preset)
    if source.path is None:
        from kbert.backend.choose_backend import import_keras

        import_keras()  # keras-hub loads a tokenizer from a hub
    tokenizer = source.tokenizer().with_truncation(model.long_text, model.cut_pair, model.windows)
    store = ShardedTokenStore.build(
        data,
        tokenizer,
        output,
        model.max_length,
        reading=reading,
        rows_per_shard=rows_per_shard,
    )
    show(_told(store))
    settings: dict[str, Any] = {"max_length": model.max_length, "dev": "FILE"}
    for name in _OF_TOKENS:
        if getattr(model, name) != getattr(ModelOptions, name):
            settings[name] = getattr(model, name)
    say(worded("Next: {train}", train=Call("train", output, **settings)))


def show_store(place: str, shuffle_window: int, *, as_json: bool) -> int:
    """Print what is in a token store, and return the exit status: 2 when there is an error."""
    store = ShardedTokenStore.open(place, shuffle_window=shuffle_window)
    findings: list[Finding] = []
    if store.labels is not None:
        findings = stored_findings(StoredExamples.of(store), _BATCH)
    if as_json:
        show_json(_record(store, findings))
        return exit_status(findings)
    show(_told(store))
    show(worded("findings:") if findings else worded("no findings"))
    if findings:
        show(findings_table(findings))
    return exit_status(findings)


def check_of_store(place: str, reading: ReadingOptions, others: Mapping[str, Any]) -> None:
    """Raise InputError for settings that have no effect on a token store."""
    others = {name: value for name, value in others.items() if value is not None}
    for name in (*reading.file_settings(), *others):
        raise InputError(
            "{option} needs the texts, and {store} is a token store.",
            option=Option(name),
            store=place,
            cure=Cure(note="leave it out, or name the file that the store was made from"),
        )


def _told(store: ShardedTokenStore) -> str:
    index = store.index
    lines = [
        worded(
            "{store}: {rows:,} rows in {shards}; {tokens:,} tokens, {mean:.1f} per row, at most "
            "{longest}; {megabytes:,.0f} MB",
            store=str(store),
            rows=len(store),
            shards=count_noun(len(index.shards), "shard"),
            tokens=index.tokens,
            mean=index.tokens / len(store),
            longest=int(store.lengths.max()),
            megabytes=sum(shard.bytes + shard.rows_bytes for shard in index.shards) / 1e6,
        )
    ]
    if store.labels is not None:
        classes = StoredExamples.of(store).class_counts()
        if classes:
            lines.append(f"{worded('classes')} {len(classes):,}: {count_list(classes)}")
    return "\n".join(lines)


def _record(store: ShardedTokenStore, findings: list[Finding]) -> dict[str, Any]:
    labels = None if store.labels_of_rows is None else list(store.labels_of_rows.names)
    return {
        "source": str(store),
        "rows": len(store),
        "shards": len(store.index.shards),
        "tokens": store.index.tokens,
        "max_length": store.max_length,
        "labels": labels,
        "lengths": LengthHistogram.of(store.lengths, store.max_length).to_dict(),
        "findings": [finding.to_dict() for finding in findings],
    }
