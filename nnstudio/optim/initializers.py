"""Distributions of initial weights.

Every draw comes from one seeded NumPy generator, in float32, so a seed fixes the network.
"""

from __future__ import annotations

import math
from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.fields import field
from nnstudio.core.layer import INITIALIZERS, InitializerSpec, Shape

TRUNCATION = 0.87962566103423978
"""Standard deviation of a unit normal cut at ±2, by which Keras widens its truncated normals."""


def fans(shape: Shape) -> tuple[int, int]:
    """Number of inputs and outputs that meet in one weight (Keras's rule).

    A depthwise kernel counts as if each output saw all channels, as in Keras, which makes its first
    values smaller than its ``kh·kw`` inputs ask for.

    Args:
        shape: ``(in, out)`` of a dense kernel, ``(kh, kw, in, out)`` of a convolution's with ``in``
            channels in each group, ``(kh, kw, channels, multiplier)`` of a depthwise one, ``(out,)``
            of a bias.
    """
    if len(shape) == 1:
        return shape[0], shape[0]
    area = math.prod(shape[:-2])
    return shape[-2] * area, shape[-1] * area


class Initializer(InitializerSpec):
    """A distribution that can be drawn from."""

    @abstractmethod
    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """An array of ``shape``, float32."""


class _Scaled(Initializer):
    """A distribution whose variance follows from the number of inputs and outputs."""

    @abstractmethod
    def variance(self, fan_in: int, fan_out: int) -> float:
        """Variance of the weights."""


class _ScaledNormal(_Scaled):
    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """Normal, cut at two standard deviations and widened to the wanted variance, as Keras does."""
        std = math.sqrt(self.variance(*fans(shape))) / TRUNCATION
        return _truncated(random, shape) * np.float32(std)


class _ScaledUniform(_Scaled):
    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """Uniform on ±√(3·variance)."""
        limit = math.sqrt(3 * self.variance(*fans(shape)))
        return _uniform(random, shape, limit)


class _He(_Scaled):
    def variance(self, fan_in: int, fan_out: int) -> float:
        """``2 / fan_in`` (He et al., 2015), for ReLU."""
        return 2 / max(1, fan_in)


class _Glorot(_Scaled):
    def variance(self, fan_in: int, fan_out: int) -> float:
        """``2 / (fan_in + fan_out)`` (Glorot & Bengio, 2010), for tanh and sigmoid."""
        return 2 / max(1, fan_in + fan_out)


class _LeCun(_Scaled):
    def variance(self, fan_in: int, fan_out: int) -> float:
        """``1 / fan_in`` (LeCun et al., 1998)."""
        return 1 / max(1, fan_in)


@INITIALIZERS.register
class GlorotUniform(_Glorot, _ScaledUniform):
    """Uniform with variance 2 / (inputs + outputs). Keras's default."""


@INITIALIZERS.register
class GlorotNormal(_Glorot, _ScaledNormal):
    """Truncated normal with variance 2 / (inputs + outputs)."""


@INITIALIZERS.register
class HeNormal(_He, _ScaledNormal):
    """Truncated normal with variance 2 / inputs, made for ReLU."""


@INITIALIZERS.register
class HeUniform(_He, _ScaledUniform):
    """Uniform with variance 2 / inputs, made for ReLU."""


@INITIALIZERS.register
class LeCunNormal(_LeCun, _ScaledNormal):
    """Truncated normal with variance 1 / inputs."""


@INITIALIZERS.register
class LeCunUniform(_LeCun, _ScaledUniform):
    """Uniform with variance 1 / inputs."""


@INITIALIZERS.register
class Normal(Initializer):
    """Normal with a given mean and standard deviation."""

    mean: float = field(0.0, help="Mean.", ge=-100, le=100)
    stddev: float = field(0.05, label="Std", help="Standard deviation.", ge=0, le=100, log=True)

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """``N(mean, stddev²)``."""
        drawn = random.standard_normal(shape, dtype=np.float32)
        return drawn * np.float32(self.stddev) + np.float32(self.mean)


@INITIALIZERS.register
class TruncatedNormal(Initializer):
    """Normal with a given mean and standard deviation, cut at two deviations from the mean.

    What is cut off makes the values' own deviation 0.88 of the given one, as in Keras.
    """

    mean: float = field(0.0, help="Mean.", ge=-100, le=100)
    stddev: float = field(
        0.05, label="Std", help="Standard deviation before the cut.", ge=0, le=100, log=True
    )

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """``N(mean, stddev²)``, drawn again where it is beyond ``mean ± 2·stddev``."""
        return _truncated(random, shape) * np.float32(self.stddev) + np.float32(self.mean)


@INITIALIZERS.register
class Uniform(Initializer):
    """Uniform on ±limit."""

    limit: float = field(0.05, help="Largest absolute value.", ge=0, le=100, log=True)

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """``U(-limit, limit)``."""
        return _uniform(random, shape, self.limit)


@INITIALIZERS.register
class Orthogonal(Initializer):
    """Columns, or rows where there are fewer of them, that are orthogonal and of equal length.

    A signal then neither grows nor fades on its way through linear layers (Saxe et al., 2014). A
    convolution's kernel counts as a matrix with one column per output, ``(kh·kw·in, out)``.
    """

    gain: float = field(1.0, help="Length of each column or row; √2 suits ReLU.", gt=0, le=100, step=0.1)

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """``gain·Q`` of the QR decomposition of normal values, made unique by ``diag R > 0``.

        Without the signs the distribution would not be uniform (Mezzadri, 2007).
        """
        rows, columns = math.prod(shape[:-1]), shape[-1]
        drawn = random.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(drawn)
        q *= np.where(np.diag(r) < 0, -1.0, 1.0)
        matrix = q if rows >= columns else q.T
        return np.ascontiguousarray(self.gain * matrix, dtype=np.float32).reshape(shape)


@INITIALIZERS.register
class L2Normalised(Initializer):
    """Normal values, the whole array then scaled to L2 norm 1 (its standard deviation cancels out)."""

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """``w / ‖w‖₂`` with ``w ~ N(0, 1)``."""
        drawn = random.standard_normal(shape, dtype=np.float32)
        norm = math.sqrt(float(np.dot(drawn.ravel(), drawn.ravel())))
        return drawn / np.float32(norm or 1.0)


@INITIALIZERS.register
class Zeros(Initializer):
    """All zero. Usual for biases; a kernel of zeros never learns to tell its units apart."""

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """Zeros; nothing is drawn."""
        return np.zeros(shape, dtype=np.float32)


@INITIALIZERS.register
class Ones(Initializer):
    """All one. Meant for factors, such as those of normalisation layers."""

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """Ones; nothing is drawn."""
        return np.ones(shape, dtype=np.float32)


@INITIALIZERS.register
class Constant(Initializer):
    """All of one value. Usual for biases, such as 0.01 before ReLU."""

    value: float = field(0.0, help="The value.", ge=-1e6, le=1e6, step=0.1)

    def draw(self, random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
        """The value everywhere; nothing is drawn."""
        return np.full(shape, self.value, dtype=np.float32)


def _uniform(random: np.random.Generator, shape: Shape, limit: float) -> NDArray[np.float32]:
    drawn = random.random(shape, dtype=np.float32)
    drawn *= np.float32(2 * limit)
    drawn -= np.float32(limit)
    return drawn


def _truncated(random: np.random.Generator, shape: Shape) -> NDArray[np.float32]:
    drawn = random.standard_normal(shape, dtype=np.float32)
    while (outside := np.abs(drawn) > 2).any():
        drawn[outside] = random.standard_normal(int(outside.sum()), dtype=np.float32)
    return drawn
