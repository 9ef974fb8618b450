"""The layers, one file each: settings, shape rule, weights, forward and backward pass.

A new layer is one file and one line here.
"""

from nnstudio.layers.activation import Activation
from nnstudio.layers.base import Layer
from nnstudio.layers.dense import Dense
from nnstudio.layers.dropout import Dropout
from nnstudio.layers.flatten import Flatten
from nnstudio.layers.input import Input

__all__ = ["Activation", "Dense", "Dropout", "Flatten", "Input", "Layer"]
