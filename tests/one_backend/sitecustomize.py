"""Python imports this at the start of a process that has this folder on its path.

It hides the other backends, as where they are not installed: keras-hub and Keras import them
wherever they are, which takes longer than all else.
"""

import os
import sys

_HIDDEN = {"torch": ("tensorflow", "jax"), "jax": ("tensorflow",)}
sys.modules |= dict.fromkeys(_HIDDEN.get(os.environ.get("KERAS_BACKEND", ""), ()))
