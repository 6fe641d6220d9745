"""torch's compiler, left out where nothing is compiled: to import it takes a second."""

import inspect

import torch
from torch.optim import Adam, Optimizer

# of Optimizer; each has a wrapper that keeps torch.compile out of it
WRAPPED = ("add_param_group", "load_state_dict", "state_dict", "zero_grad")


def leave_out_compiler() -> None:
    """Let optimizers work without `torch._dynamo`, and compute the same.

    torch imports it, with some 1,500 modules, when the first optimizer is built: only to mark the
    optimizer's methods as not to be compiled. A program of bam compiles a step at most, and no
    optimizer. Where a later torch has other wrappers, its compiler is imported as before.
    """
    for name in WRAPPED:
        setattr(Optimizer, name, inspect.unwrap(getattr(Optimizer, name)))
    step = torch.no_grad()(inspect.unwrap(Adam.step))
    Adam.step = step  # type: ignore[method-assign]
