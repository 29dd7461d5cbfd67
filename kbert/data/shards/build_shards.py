"""Builds a token store in shards from a stream of rows, and resumes where it stopped."""

import contextlib
import hashlib
import time
from dataclasses import replace

from kbert.data.inspection.too_many_classes import too_many_classes, too_many_classes_finding
from kbert.data.shards.found_labels import FoundLabels
from kbert.data.shards.location import Location
from kbert.data.shards.row_chunk import RowChunk, RowStream, digest_of
from kbert.data.shards.row_source import RowSource
from kbert.data.shards.shard_index import Shard, ShardIndex, rows_name, tokens_name
from kbert.data.shards.shard_writer import EncodedRows, write_shard
from kbert.errors import InputError, raise_on_errors
from kbert.findings import Cure, worded
from kbert.tokenizer.tokenizer import Tokenizer
from kbert.utils.leaving_note import leave_note
from kbert.utils.progress import advance
from kbert.utils.say import say

PIECE = 8192  # rows that are tokenized at a time
_SHARD_TOKENS = 2**25  # after which a shard ends, whatever its rows
_TOLD = 10.0  # seconds between two lines
_MAX_SHOWN = 20  # skipped rows


class ShardBuild:
    """Builds a token store in shards.

    The rows are read once, and no more than those of one shard are held in memory. The index is
    written after each shard. After an interruption, the same call reads the source again, compares
    the rows of the finished shards with a checksum, and tokenizes the others.

    Args:
        location: Location. The folder of the store.
        source: RowSource.
        tokenizer: Tokenizer.
        max_length: int.
        rows_per_shard: int.
    """

    def __init__(
        self,
        location: Location,
        source: RowSource,
        tokenizer: Tokenizer,
        max_length: int,
        rows_per_shard: int,
    ) -> None:
        self._location = location
        self._source = source
        self._tokenizer = tokenizer
        self._max_length = max_length
        new = ShardIndex(
            tokenizer=tokenizer.fingerprint,
            vocabulary=len(tokenizer),
            max_length=max_length,
            rows_per_shard=rows_per_shard,
            text_pairs=source.text_pairs,
            target=source.target.to_dict(),
            weights=source.weights,
            source=source.name,
        )
        self._index = self._begun(new)
        self._labels: FoundLabels | None = None
        if source.label_columns:
            met = () if self._index.labels_given else self._index.found_labels
            self._labels = FoundLabels(source.target, source.label_columns, source.labels, met)
            self._check_labels(self._labels)
        self._stream = RowStream(source.chunks, PIECE)
        self._told = time.monotonic()

    def run(self) -> ShardIndex:
        """Make what is missing, and return the index."""
        try:
            for number, shard in enumerate(self._index.shards):
                self._check(number, shard)
            while not self._stream.is_at_end():
                self._add()
        except KeyboardInterrupt as stop:
            with contextlib.suppress(Exception):
                note = (
                    "{shards} shards with {rows:,} rows are kept; run the same command to continue"
                )
                kept = len(self._index.shards)
                leave_note(stop, worded(f"{note}.", shards=kept, rows=self._index.rows))
            raise
        if not self._index.shards:
            raise InputError(
                "{source}: at least one row was expected. Received: 0", source=self._source.name
            )
        if not self._index.complete:
            self._write(replace(self._index, complete=True))
        self._tell_skipped()
        return self._index

    def _begun(self, new: ShardIndex) -> ShardIndex:
        """Return the index of what has been made already, or the new one."""
        try:
            found = ShardIndex.read(self._location)
        except FileNotFoundError:
            return new
        ours, theirs = new.header(), found.header()
        differ = [
            name if name == "tokenizer" else f"{name} {theirs[name]}, not {ours[name]}"
            for name in ours
            if ours[name] != theirs[name]
        ]
        if differ:
            raise self._made_otherwise(differ)
        say(
            worded(
                "{place} has {rows:,} rows already, which are compared with the source.",
                place=self._location.shown,
                rows=found.rows,
            )
        )
        return found

    def _made_otherwise(self, differ: list[str]) -> InputError:
        return InputError(
            "{place} holds tokens that were made differently: {names}.",
            place=self._location.shown,
            names=", ".join(differ),
            cure=Cure({"output": "NEW"}, note="or the same settings as before"),
        )

    def _check_labels(self, labels: FoundLabels) -> None:
        """Raise InputError if finished shards have other labels than those given."""
        index = self._index
        is_same = index.labels_given == labels.is_given
        if index.shards and not (is_same and index.found_labels == labels.names):
            raise self._made_otherwise(["labels"])

    def _check(self, number: int, shard: Shard) -> None:
        """Compare the rows of a finished shard with the source's; make it again if it is lost."""
        files = {tokens_name(number): shard.bytes, rows_name(number): shard.rows_bytes}
        lost = [name for name, size in files.items() if self._location.size(name) != size]
        pieces = list(self._stream.pieces(shard.rows)) if lost else None
        sha256, rows = digest_of(self._stream.pieces(shard.rows) if pieces is None else pieces)
        if sha256 != shard.source_sha256 or rows != shard.rows:
            before = sum(shard.rows for shard in self._index.shards[:number])
            raise InputError(
                "{source} has changed: its rows from {first:,} to {last:,} are not those that "
                "{shard} of {place} was made from.",
                source=self._source.name,
                first=before + 1,
                last=before + shard.rows,
                shard=tokens_name(number),
                place=self._location.shown,
                cure=Cure({"output": "NEW"}, note="or the source as it was"),
            )
        if pieces is not None:
            parts = [self._encode(piece) for piece in pieces]
            made = write_shard(self._location, number, parts, sha256)
            shards = list(self._index.shards)
            shards[number] = made
            self._write(replace(self._index, shards=tuple(shards)))
        self._tell(rows)

    def _add(self) -> None:
        """Make the next shard."""
        digest, parts, rows, tokens = hashlib.sha256(), [], 0, 0
        most = self._index.rows_per_shard
        while rows < most and tokens < _SHARD_TOKENS:
            piece = next(self._stream.pieces(min(PIECE, most - rows)), None)
            if piece is None:
                break
            piece.add_to(digest)
            part = self._encode(piece)
            parts.append(part)
            rows += len(piece)
            tokens += len(part.ids)
            self._tell(len(piece))
        number = len(self._index.shards)
        shard = write_shard(self._location, number, parts, digest.hexdigest())
        names = () if self._labels is None else self._labels.names
        index = replace(
            self._index,
            shards=(*self._index.shards, shard),
            found_labels=names,
            labels_given=self._labels is not None and self._labels.is_given,
            complete=False,
        )
        if too_many_classes(len(names), index.rows):
            raise_on_errors([too_many_classes_finding(names, index.rows)])
        self._write(index)

    def _encode(self, piece: RowChunk) -> EncodedRows:
        labels = None
        if self._labels is not None and piece.values is not None:
            labels = self._labels.encode(piece.values)
        encoded = self._tokenizer.encode(piece.texts, piece.pairs, max_length=self._max_length)
        return EncodedRows.of(
            encoded,
            self._index.id_type,
            text_pairs=self._index.text_pairs,
            labels=labels,
            weights=piece.weights,
        )

    def _write(self, index: ShardIndex) -> None:
        index.write(self._location)
        self._index = index

    def _tell_skipped(self) -> None:
        """Report which rows were left out."""
        skipped = self._source.skipped
        for row in skipped[:_MAX_SHOWN]:
            say(f"skipped: {row}", to="stderr")
        if len(skipped) > _MAX_SHOWN:
            more = worded("skipped: {number:,} more rows", number=len(skipped) - _MAX_SHOWN)
            say(more, to="stderr")

    def _tell(self, rows: int) -> None:
        """Report progress from time to time."""
        advance(rows)
        if time.monotonic() - self._told > _TOLD:
            self._told = time.monotonic()
            say(
                worded(
                    "{shards} shards with {rows:,} rows are finished.",
                    shards=len(self._index.shards),
                    rows=self._index.rows,
                )
            )
