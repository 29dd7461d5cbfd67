"""Adam's update of all variables in one kernel, on the backends that have one.

Keras updates one variable after the other, with about ten operations for each. On torch that takes
a third of a training step: Keras's own multi-tensor update is for its own classes only. JAX
compiles the loop into one kernel by itself.
"""

from collections.abc import Sequence
from typing import Any

import keras

# At this step, a kernel's bias correction of the moments, 1 / (1 - beta ** step), is 1.
_LATE = 1e9


def update_adam(
    variables: Sequence[Any],
    gradients: Sequence[Any],
    moments: Sequence[tuple[Any, Any]],
    rate: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> bool:
    """Update variables and their moments by torch's fused kernel, and return whether it could.

        m = b1 * m + (1 - b1) * g;  v = b2 * v + (1 - b2) * g ** 2
        p -= rate * m / (sqrt(v) + epsilon)

    torch adds its epsilon to the corrected square root, Keras to the square root itself. With the
    correction in the rate, the kernel's formula is Keras's. Leans on `torch._fused_adam_`, which
    `torch.optim.Adam(fused=True)` calls. If it is missing, or does not take one of the variables,
    nothing is changed.

    Args:
        variables: Keras variables.
        gradients: tensors, one for each variable. Left as they are.
        moments: first and second moment of each variable, Keras variables.
        rate: scalar tensor. The learning rate, with the correction of the moments' bias.
        beta_1: float.
        beta_2: float.
        epsilon: float.
    """
    if keras.backend.backend() != "torch":
        return False
    import torch

    values = [variable.value.data for variable in variables]
    if not hasattr(torch, "_fused_adam_") or not all(_is_taken(value) for value in values):
        return False
    with torch.no_grad():
        # `torch.tensor` would copy it to a GPU, and wait for the work that was queued before.
        late = torch.full((), _LATE, device=values[0].device)
        torch._fused_adam_(
            values,
            # The kernel reads memory in order: for a transposed gradient, the wrong elements.
            [gradient.to(torch.float32).contiguous() for gradient in gradients],
            [first.value.data for first, _ in moments],
            [second.value.data for _, second in moments],
            [],
            [late] * len(values),
            lr=rate.to(torch.float32),
            beta1=beta_1,
            beta2=beta_2,
            weight_decay=0.0,
            eps=epsilon,
            amsgrad=False,
            maximize=False,
            grad_scale=None,
            found_inf=None,
        )
    return True


def _is_taken(value: Any) -> bool:
    import torch

    device = value.device.type in ("cpu", "cuda")
    return device and value.dtype == torch.float32 and value.is_contiguous()


def update_one_adam(
    variable: Any,
    gradient: Any,
    first: Any,
    second: Any,
    rate: Any,
    beta_1: float,
    beta_2: float,
    epsilon: float,
) -> bool:
    """Update one variable and its moments by TensorFlow's kernel, and return whether it could.

    The arguments and the formula are those of `update_adam`. Leans on `ResourceApplyAdam`, which
    corrects the bias by `beta1_power` and `beta2_power`; at 0 it does not.
    """
    if keras.backend.backend() != "tensorflow":
        return False
    import tensorflow as tf

    values = [v.value if isinstance(v, keras.Variable) else v for v in (variable, first, second)]
    if not all(hasattr(value, "handle") and value.dtype == tf.float32 for value in values):
        return False
    tf.raw_ops.ResourceApplyAdam(
        var=values[0].handle,
        m=values[1].handle,
        v=values[2].handle,
        beta1_power=0.0,
        beta2_power=0.0,
        lr=tf.cast(rate, tf.float32),
        beta1=beta_1,
        beta2=beta_2,
        epsilon=epsilon,
        grad=tf.cast(gradient, tf.float32),
    )
    return True


def decay(variables: Sequence[Any], share: Any) -> bool:
    """Decay variables on torch, all at once and in place, and return whether it could.

        p -= share * p

    Args:
        variables: Keras variables.
        share: scalar tensor.
    """
    if keras.backend.backend() != "torch":
        return False
    import torch

    values = [variable.value.data for variable in variables]
    if not all(_is_taken(value) for value in values):
        return False
    if values:
        torch._foreach_mul_(values, (1.0 - share).to(torch.float32))
    return True


def clip_global_norm(gradients: Sequence[Any], limit: float) -> tuple[list[Any], Any]:
    """Return gradients scaled to a global norm, and the norm that they had.

        g * limit * min(1 / norm, 1 / limit)

    A norm that is not finite makes every gradient NaN, as it does in Keras. On torch all are
    scaled at once; on the other backends the operations are those of Keras's `clip_by_global_norm`
    (optimizers/base_optimizer.py), which does not return the norm.
    """
    if keras.backend.backend() == "torch":
        import torch

        norm = torch.nn.utils.get_total_norm(gradients)
        scale = limit * torch.clamp(1.0 / norm, max=1.0 / limit) + (norm - norm)
        return list(torch._foreach_mul(gradients, scale)), norm
    ops = keras.ops
    norm = ops.sqrt(ops.sum(ops.stack([ops.sum(ops.square(g)) for g in gradients])))
    scale = limit * ops.minimum(1.0 / norm, 1.0 / limit) + (norm - norm)
    return [gradient * scale for gradient in gradients], norm
