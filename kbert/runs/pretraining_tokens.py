"""The tokens of a pretraining run: a row for each text, or for each window of a long one."""

import time

from kbert.config.pretrain_config import PretrainConfig
from kbert.data.reading.examples import Examples
from kbert.data.token_store import TokenStore
from kbert.data.window_rows import WindowRows
from kbert.findings import worded
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.cache_folder import cache_folder
from kbert.utils.say import say


def pretraining_tokens(
    config: PretrainConfig, tokenizer: Tokenizer, sets: dict[str, Examples]
) -> dict[str, TokenStore]:
    """Return the tokens of each set by name, computed or from the cache, and print a summary.

    Args:
        config: PretrainConfig.
        tokenizer: Tokenizer, with its treatment of long texts set.
        sets: dict of Examples.
    """
    started = time.monotonic()
    cache = cache_folder("tokens")
    stores = {
        name: TokenStore.build(examples, tokenizer, config.max_length, cache)
        for name, examples in sets.items()
    }
    seconds, train = time.monotonic() - started, stores["train"]
    told = worded(
        "Tokens: {seconds:.1f} s; mean length {mean:.0f}",
        seconds=seconds,
        mean=train.lengths.mean(),
    )
    if train.window_split is None:
        cut = int((train.lengths >= config.max_length).sum())
        say(
            worded(
                "{told}; {cut:,} of {train:,} texts fill or exceed {max_length:,} tokens",
                told=told,
                cut=cut,
                train=len(train),
                max_length=config.max_length,
            )
        )
        return stores
    rows = {name: WindowRows(store) for name, store in stores.items()}
    longer = int((train.window_counts > 1).sum())
    say(
        worded(
            "{told}; {longer:,} of {train:,} texts have more than {max_length:,} tokens and "
            "several rows: {rows:,} rows in all",
            told=told,
            longer=longer,
            train=len(train),
            max_length=config.max_length,
            rows=len(rows["train"]),
        )
    )
    return dict(rows)
