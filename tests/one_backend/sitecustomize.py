"""Python imports this at the start of every process that has this folder on its path.

It hides the other backends, as if they were not installed: keras-hub and Keras import all that they
find, which takes longer than everything else.
"""

import os
import sys

_HIDDEN = {"torch": ("tensorflow", "jax"), "jax": ("tensorflow",)}
sys.modules |= dict.fromkeys(_HIDDEN.get(os.environ.get("KERAS_BACKEND", ""), ()))
