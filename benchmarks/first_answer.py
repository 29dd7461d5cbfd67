"""The size of the extra `serve`, and the seconds until a new process gives its first answer.

    python -m benchmarks.first_answer EXPORT

EXPORT is the output of `kbert export RUN --format onnx`.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parents[1]
ASK = """
import sys, time
started = time.perf_counter()
from kbert import Predictor
predictor = Predictor.load(sys.argv[1])
loaded = time.perf_counter()
answer = predictor.predict(["A moving story, beautifully told."])
ended = time.perf_counter()
standard = set(sys.stdlib_module_names)
print(loaded - started, ended - started, sep="\\t")
print(*sorted({name.partition(".")[0] for name in sys.modules} - standard - {"__main__"}))
"""


def main() -> None:
    """Print sizes, seconds and modules."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("export", type=Path)
    export = parser.parse_args().export.resolve()
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = Path(folder) / "bin" / "python"
        (packages,) = (Path(folder) / "lib").glob("python*/site-packages")
        before = megabytes(packages)
        install = [python, "-m", "pip", "install", "--quiet", f"{ROOT}[serve]"]
        subprocess.run(install, check=True, stderr=subprocess.DEVNULL)
        print(f"installed: {megabytes(packages) - before:.0f} MB besides pip")
        times = [ask(python, export) for _ in range(6)][1:]  # the first writes bytecode
    loaded, answered = (statistics.median(t[n] for t in times) for n in (0, 1))
    print(f"seconds after Python has started, median of {len(times)}:")
    print(f"  loaded {loaded:.2f}, first answer {answered:.2f}")
    print(f"modules imported, besides the standard library's: {times[0][2]}")


def ask(python: Path, export: Path) -> tuple[float, float, str]:
    """Return the seconds of one process to load and to answer, and its modules."""
    done = subprocess.run(
        [python, "-c", ASK, export], capture_output=True, text=True, cwd="/", check=False
    )
    if done.returncode:
        sys.exit(done.stderr)
    seconds, modules = done.stdout.splitlines()
    loaded, answered = map(float, seconds.split("\t"))
    return loaded, answered, modules


def megabytes(folder: Path) -> float:
    """Return the size of a folder's files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


if __name__ == "__main__":
    main()
