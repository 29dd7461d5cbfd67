"""The facts of a run: its settings, data and versions."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from kbert.config import CheckpointOptions, TrackerOptions
from kbert.reports.run_report import RunReport

# Settings about which another part says more: "data" about places, "versions" about the backend.
_ELSEWHERE = ("data", "dev", "test", "output", "backend")
# Settings that change neither a weight nor a score.
_WITHOUT_EFFECT = {
    *("allow", "baseline", "report"),
    *(f.name for options in (CheckpointOptions, TrackerOptions) for f in fields(options)),
}
_DIGITS = 12  # of a fingerprint, where people read it


@dataclass(frozen=True)
class RunFacts:
    """The facts of a run, by name.

    Args:
        settings: dict. The settings of config.toml, except for places and for those that change
            neither a weight nor a score.
        data: dict. For each set its rows, its fingerprint and where it was read from:
            "train.rows", "train.sha256", "train.source".
        versions: dict. The versions of packages, and the backend.
        place: str. The data, as the settings name it. Defaults to "".
    """

    settings: Mapping[str, Any]
    data: Mapping[str, Any]
    versions: Mapping[str, Any]
    place: str = ""

    @classmethod
    def of(cls, report: RunReport) -> "RunFacts":
        """Return the facts of a run, as far as it has recorded them."""
        settings, record = tomllib.loads(report.settings), report.record
        return cls(
            settings={
                name: value
                for name, value in settings.items()
                if name not in _ELSEWHERE and name not in _WITHOUT_EFFECT
            },
            data={
                f"{of_set}.{name}": values.get(name)
                for of_set, values in record.get("data", {}).items()
                for name in ("rows", "sha256", "source")
            },
            versions={"backend": record.get("backend"), **record.get("versions", {})},
            place=str(settings.get("data", "")),
        )

    @property
    def parts(self) -> dict[str, Mapping[str, Any]]:
        """The facts by part: "settings", "data", "versions"."""
        return {"settings": self.settings, "data": self.data, "versions": self.versions}

    @property
    def seed(self) -> int | None:
        """The seed of the training; None where it is not recorded."""
        return self.settings.get("seed")

    @property
    def apart_from_seed(self) -> dict[str, dict[str, Any]]:
        """The facts that do not depend on the seed: equal in runs that differ only in the seed.

        If no separate seed decides which rows are set aside, the sets depend on the seed too, and
        only the number of rows of all sets together does not.
        """
        settings = {name: value for name, value in self.settings.items() if name != "seed"}
        data = {name: value for name, value in self.data.items() if not name.endswith(".source")}
        follows = "split_seed" not in settings and not any(
            name in self.settings for name in ("task", "split_by_time")
        )
        if follows:
            rows = [value for name, value in data.items() if name.endswith(".rows")]
            data = {"rows": sum(rows), "data": self.place}
        return {"settings": settings, "data": data, "versions": dict(self.versions)}


def differing(facts: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, tuple]]:
    """Return what is not the same in all facts: the values in their order, by part and name.

    A difference in where a set was read from counts only if its rows differ too.

    Args:
        facts: sequence of dicts of "settings", "data" and "versions".
    """
    found: dict[str, dict[str, tuple]] = {}
    for part in facts[0]:
        names = dict.fromkeys(name for one in facts for name in one[part])
        values = {name: tuple(one[part].get(name) for one in facts) for name in names}
        changed = {n: v for n, v in values.items() if any(value != v[0] for value in v)}
        found[part] = {
            name: value
            for name, value in changed.items()
            if not name.endswith(".source") or f"{name.removesuffix('.source')}.sha256" in changed
        }
    return found


def told(name: str, value: Any) -> str:
    """Return a fact in the form that people read."""
    if value is None:
        return "-"
    return str(value)[:_DIGITS] if name.endswith(".sha256") else str(value)
