"""The fields that Dense and the convolutions share.

They are functions and not inherited, as a class lists inherited fields first, and the order of a layer's
fields is that of its form and of its positional arguments (``Dense(64, "relu")``).
"""

from __future__ import annotations

from typing import Annotated, Any

from nnstudio.core.fields import OneOf, field
from nnstudio.core.layer import INITIALIZERS, InitializerSpec

Initializer = Annotated[InitializerSpec, OneOf(INITIALIZERS)]


def activation() -> Any:
    """The function behind the weighing."""
    return field("linear", help="Function applied to every output.")


def use_bias(of_each: str) -> Any:
    """Whether there is a bias, and what has one: "output", "filter's output"."""
    return field(True, label="Bias", help=f"Add a learned number to every {of_each}.")


def kernel_initializer() -> Any:
    """How a run draws the kernel."""
    return field("GlorotUniform", label="Initialiser", help="Distribution of the first kernel values.")


def bias_initializer() -> Any:
    """How a run draws the bias."""
    return field(
        "Zeros",
        label="Bias init",
        help="Distribution of the first bias values.",
        when={"use_bias": True},
        rare=True,
    )


def l2() -> Any:
    """The penalty in place of the recipe's."""
    return field(
        None,
        label="L2 override",
        help="L2 penalty of this layer alone.",
        ge=0,
        le=100,
        log=True,
        off="inherit",
    )


def padding() -> Any:
    """What happens at the edges."""
    return field(
        "valid",
        help="valid: filters stay inside the image. same: zeros around it, so that it keeps its size.",
    )


def kernel_size() -> Any:
    """The window of a convolution."""
    return field((3, 3), label="Kernel", help="Height and width of a filter, in pixels.")


def strides() -> Any:
    """How the window moves."""
    return field((1, 1), help="Pixels that a filter moves on by, down and to the right.")


def dilation() -> Any:
    """The gaps in the window."""
    return field(
        (1, 1),
        label="Dilation",
        help="Distance of the pixels that a filter looks at; 1 is gapless.",
        rare=True,
    )
