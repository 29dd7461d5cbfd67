"""Random numbers that Keras keeps outside the model's variables."""

import keras
import numpy as np


def capture_random_states() -> dict[str, np.ndarray]:
    """Return the states of torch's global generators, from which dropout and data loaders draw.

    On TensorFlow and JAX dropout draws from seeds that are variables of the model, and there is
    nothing to return.
    """
    if keras.backend.backend() != "torch":
        return {}
    import torch

    states = {"torch": torch.get_rng_state().numpy().copy()}
    for number in range(torch.cuda.device_count()):
        states[f"torch-cuda-{number}"] = torch.cuda.get_rng_state(number).cpu().numpy().copy()
    return states


def restore_random_states(states: dict[str, np.ndarray]) -> None:
    """Set torch's generators; nothing happens on another backend, or without states."""
    if keras.backend.backend() != "torch" or not states:
        return
    import torch

    torch.set_rng_state(torch.from_numpy(states["torch"].copy()))
    for number in range(torch.cuda.device_count()):
        if (name := f"torch-cuda-{number}") in states:
            torch.cuda.set_rng_state(torch.from_numpy(states[name].copy()), number)
