"""What Dense and the convolutions share: a kernel, a bias and an activation of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from nnstudio.core.activations import ActivationFunction, ActivationName, activation_function
from nnstudio.core.layer import Shape, WeightSpec
from nnstudio.layers.base import BufferSpec, Layer
from nnstudio.layers.kernel_fields import Initializer


class KernelLayer(Layer):
    """A layer that weighs its inputs with a kernel and computes an activation with it."""

    fuses_activation: ClassVar[bool] = True

    if TYPE_CHECKING:  # each layer declares them, in its own order
        activation: ActivationName
        use_bias: bool
        kernel_initializer: Initializer
        bias_initializer: Initializer

    def activation_function(self) -> ActivationFunction:
        """The activation field as a function."""
        return activation_function(self.activation)

    def kernel_and_bias(self, kernel: Shape, outputs: int) -> tuple[WeightSpec, ...]:
        """The kernel of that shape and, if there is one, the bias ``(outputs,)``."""
        weights = WeightSpec("kernel", kernel, self.kernel_initializer, regularised=True)
        bias = WeightSpec("bias", (outputs,), self.bias_initializer)
        return (weights, bias) if self.use_bias else (weights,)

    def buffers(self, shape: Shape, activation: ActivationFunction) -> dict[str, BufferSpec]:
        """The output, the input's gradient and, for GELU and SiLU, the pre-activation."""
        out = BufferSpec(self.output_shape(shape))
        needed = {"out": out, "dx": BufferSpec(shape, backward=True)}
        return {**needed, "z": out} if activation.needs_z else needed
