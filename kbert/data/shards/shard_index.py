"""The index of a token store in shards: how its tokens were made, and what each shard holds."""

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kbert.data.shards.location import INDEX, Location
from kbert.errors import InputError
from kbert.findings import Cure
from kbert.targets.known_targets import target_of
from kbert.targets.labels import Labels
from kbert.targets.target import Target
from kbert.utils.untrusted import MAX_JSON, parse_json

FORMAT = 1
_CURE = Cure(note="make the store again, in a new folder")


@dataclass(frozen=True)
class Shard:
    """The entry of a shard in the index.

    Args:
        rows: int.
        tokens: int. Tokens of all rows.
        bytes: int. Size of the file of token ids.
        sha256: str. SHA-256 of that file.
        rows_bytes: int. Size of the file of lengths, labels and weights.
        rows_sha256: str. SHA-256 of that file.
        source_sha256: str. SHA-256 of the texts and labels that the shard was made of.
    """

    rows: int
    tokens: int
    bytes: int
    sha256: str
    rows_bytes: int
    rows_sha256: str
    source_sha256: str

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            is_text = field.name.endswith("sha256")
            sound = isinstance(value, str) if is_text else type(value) is int and value > 0
            if not sound:
                raise ValueError(f"{field.name} of a shard is {value!r:.80}")


@dataclass(frozen=True)
class ShardIndex:
    """The index of a token store in shards.

    Args:
        tokenizer: str. The fingerprint of the tokenizer: vocabulary and settings.
        vocabulary: int. How many ids it has.
        max_length: int. Maximum tokens of a row, or of a window of it.
        rows_per_shard: int. Maximum rows of a shard.
        text_pairs: bool. Whether rows have two texts.
        target: dict. What a label is, as `Target.to_dict` returns it.
        found_labels: tuple of str. The labels, in the order of their numbers in the shards. Empty
            without labels.
        labels_given: bool. Whether these were known before the first row; otherwise they are in the
            order in which they were found.
        weights: bool. Whether rows have weights.
        source: str. What the texts were read from, for messages.
        complete: bool. Whether the source has been read to its end.
        shards: tuple of Shard.
    """

    tokenizer: str
    vocabulary: int
    max_length: int
    rows_per_shard: int
    text_pairs: bool
    target: Mapping[str, Any]
    found_labels: tuple[str, ...] = ()
    labels_given: bool = False
    weights: bool = False
    source: str = ""
    complete: bool = False
    shards: tuple[Shard, ...] = ()

    @property
    def rows(self) -> int:
        """The rows of all shards."""
        return sum(shard.rows for shard in self.shards)

    @property
    def tokens(self) -> int:
        """The tokens of all shards."""
        return sum(shard.tokens for shard in self.shards)

    @property
    def id_type(self) -> str:
        """The type of the token ids: the narrowest that has room for the vocabulary."""
        return "uint16" if self.vocabulary <= 2**16 else "int32"

    @cached_property
    def known_target(self) -> Target:
        """What a label is."""
        return target_of(self.target)

    @cached_property
    def labels(self) -> Labels | None:
        """The labels in their order, which does not depend on the order of the rows."""
        if not self.found_labels:
            return None
        if self.labels_given:
            return Labels(self.found_labels)
        return self.known_target.labels_of(self.found_labels, ("label",))

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything but the name of the source."""
        record = {**self._record(), "source": ""}
        return hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()

    def header(self) -> dict[str, Any]:
        """Return the values that must be the same when a build is resumed."""
        left_out = ("found_labels", "labels_given", "source", "complete", "shards", "format")
        return {name: value for name, value in self._record().items() if name not in left_out}

    def write(self, location: Location) -> None:
        """Write the index atomically, as the last of all files."""
        text = json.dumps(self._record(), indent=1, ensure_ascii=False)
        location.write(INDEX, f"{text}\n".encode())

    @classmethod
    def read(cls, location: Location) -> "ShardIndex":
        """Return the index of a store.

        Raises:
            FileNotFoundError: there is none.
            InputError: it is not an index, or one of a later version of kbert.
        """
        name = f"{location.shown}/{INDEX}"
        size = location.size(INDEX) or 0
        if size > MAX_JSON:
            raise InputError("{name} is too large: {size:,} bytes.", name=name, size=size)
        found = parse_json(location.read(INDEX), name)
        if isinstance(found, Mapping) and found.get("format", FORMAT) != FORMAT:
            raise InputError(
                "{name} has the format {given}, but this version of kbert reads {known}.",
                name=name,
                given=found["format"],
                known=FORMAT,
                cure=Cure(note="a newer kbert, or make the store again"),
            )
        try:
            values = {n: v for n, v in found.items() if n != "format"}
            shards = tuple(Shard(**shard) for shard in values.pop("shards"))
            labels = tuple(map(str, values.pop("found_labels")))
            index = cls(**values, shards=shards, found_labels=labels)
            for field in dataclasses.fields(cls)[:4]:
                if field.type is not str and type(getattr(index, field.name)) is not int:
                    raise ValueError(f"{field.name} is no number")
            index.known_target  # noqa: B018 (which raises InputError)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise InputError(
                "{name} is not the index of a token store: {error}",
                name=name,
                error=error,
                cure=_CURE,
            ) from None
        return index

    def _record(self) -> dict[str, Any]:
        return {"format": FORMAT, **dataclasses.asdict(self), "target": dict(self.target)}


def tokens_name(number: int) -> str:
    """Return the name of the file of a shard's token ids."""
    return f"tokens-{number:05}.arrow"


def rows_name(number: int) -> str:
    """Return the name of the file of a shard's lengths, labels and weights."""
    return f"rows-{number:05}.arrow"
