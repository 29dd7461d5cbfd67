"""What JAX compiles is cached for the next process."""

import os
import subprocess
import sys

import keras
import pytest

pytestmark = [
    pytest.mark.keras,
    pytest.mark.skipif(keras.backend.backend() != "jax", reason="a cache of JAX"),
]
PROGRAM = """
from kbert.backend.compilation_cache import compilations, use_compilation_cache

use_compilation_cache()
import jax
import jax.numpy as jnp

jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
jax.jit(lambda x: jnp.tanh(x) @ x)(jnp.ones((4, 4)))
print(compilations(), jax.config.jax_compilation_cache_dir)
"""


def run(cache, **variables):
    names = {name: v for name, v in os.environ.items() if not name.startswith("JAX_")}
    settings = {**names, "KERAS_BACKEND": "jax", "KBERT_CACHE": str(cache), **variables}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning:jax", "-c", PROGRAM],
        capture_output=True,
        text=True,
        check=True,
        env=settings,
    )
    return done.stdout


def test_the_next_process_reuses_it_and_recompiles_what_is_damaged(tmp_path):
    first, second = run(tmp_path), run(tmp_path)
    folder = tmp_path / "jax"
    assert first.split("} ")[1] == second.split("} ")[1] == f"{folder}\n"
    compiled = int(first.split("'compiled': ")[1].split("}")[0])
    assert compiled > 0
    assert first.startswith("{'found': 0, ")
    assert second.startswith(f"{{'found': {compiled}, 'compiled': 0}}")
    for file in folder.iterdir():
        file.write_bytes(file.read_bytes()[:10])
    assert run(tmp_path).split("} ")[1] == f"{folder}\n"


def test_the_users_folder_is_kept(tmp_path):
    mine = tmp_path / "mine"
    assert run(tmp_path, JAX_COMPILATION_CACHE_DIR=str(mine)).endswith(f"{mine}\n")
    assert not (tmp_path / "jax").exists()
