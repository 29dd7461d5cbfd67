"""Changes of the machine since a run was started, which may change the bits of its result."""

from collections.abc import Mapping
from typing import Any

from kbert.findings import Cure, Finding, Joined, Message

_PACKAGES = ("keras", "keras-hub", "numpy")


def machine_findings(
    record: Mapping[str, Any], machine: Mapping[str, Any], versions: Mapping[str, str], backend: str
) -> list[Finding]:
    """Return warnings for a resumed run whose result may differ in its last bits.

    Args:
        record: dict, the run's run.json.
        machine: dict, what `kbert.backend.machine.machine` returns now.
        versions: dict, the current versions.
        backend: str. Nothing is compared if the run was started on another one.
    """
    before = record.get("machine", {})
    if record.get("backend") != backend or not before:
        return []
    findings = []
    threads = before.get("threads"), machine["threads"]
    on_cpu = machine["device"] == before.get("device") == "cpu"
    if on_cpu and threads[0] != threads[1]:
        findings.append(_threads_differ(*threads, backend))
    packages = (*_PACKAGES, backend)
    pairs = [(name, record.get("versions", {}).get(name), versions.get(name)) for name in packages]
    pairs += [(name, before.get(name), machine[name]) for name in ("device", "processor")]
    flags = before.get("flags", {}), machine["flags"]
    if isinstance(flags[0], dict):
        names = sorted({*flags[0], *flags[1]})
        pairs += [(name, flags[0].get(name, "-"), flags[1].get(name, "-")) for name in names]
    differ = [
        Message("{name} ({old}, now {new})", name=name, old=old, new=new)
        for name, old, new in pairs
        if old != new and old
    ]
    if differ:
        findings.append(_versions_differ(differ))
    return findings


def _threads_differ(old: Any, new: int, backend: str) -> Finding:
    variable = {"torch": "OMP_NUM_THREADS", "tensorflow": "TF_NUM_INTRAOP_THREADS"}.get(backend)
    how = Message("the same number of cores")
    if variable is not None:
        how = Message("{variable}={old} in the environment", variable=variable, old=old)
    return Finding(
        "threads-differ",
        "warning",
        "The run was started with {old} threads and resumes with {new}: sums are rounded in a "
        "different order, so its result may differ from that of an uninterrupted run in the last "
        "bits.",
        Cure(note="{how}, for a bit-identical result", values={"how": how}),
        {"old": old, "new": new},
    )


def _versions_differ(differ: list[Message]) -> Finding:
    return Finding(
        "machine-differs",
        "warning",
        "Since the run was started these have changed: {differ}. Its result may differ from that "
        "of an uninterrupted run in the last bits.",
        Cure(note="resume where the run was started, for a bit-identical result"),
        {"differ": Joined(differ)},
    )
