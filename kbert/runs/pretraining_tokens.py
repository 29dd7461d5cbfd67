"""The tokens of a pretraining run: a row for each text, or for each window of a long one."""

import time

from kbert.config.pretrain_config import PretrainConfig
from kbert.data.reading.examples import Examples
from kbert.data.token_store import TokenStore
from kbert.data.window_rows import WindowRows
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.cache_folder import cache_folder
from kbert.utils.say import say


def pretraining_tokens(
    config: PretrainConfig, tokenizer: Tokenizer, sets: dict[str, Examples]
) -> dict[str, TokenStore]:
    """Return the tokens of each set by name, computed or from the cache, and tell of them.

    Args:
        config: PretrainConfig.
        tokenizer: Tokenizer, with what it does with long texts.
        sets: dict of Examples.
    """
    started = time.monotonic()
    cache = cache_folder("tokens")
    stores = {
        name: TokenStore.build(examples, tokenizer, config.max_length, cache)
        for name, examples in sets.items()
    }
    seconds, train = time.monotonic() - started, stores["train"]
    told = f"Tokens: {seconds:.1f} s; mean length {train.lengths.mean():.0f}"
    if train.window_split is None:
        cut = int((train.lengths >= config.max_length).sum())
        say(f"{told}; {cut:,} of {len(train):,} texts fill or exceed {config.max_length:,} tokens")
        return stores
    rows = {name: WindowRows(store) for name, store in stores.items()}
    longer = int((train.window_counts > 1).sum())
    say(
        f"{told}; {longer:,} of {len(train):,} texts have more than {config.max_length:,} tokens "
        f"and several rows: {len(rows['train']):,} rows in all"
    )
    return dict(rows)
