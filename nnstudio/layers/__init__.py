"""The layers, one file each: settings, shape rule, weights, forward and backward pass.

A new layer is one file and one line here.
"""

from nnstudio.layers.activation import Activation
from nnstudio.layers.avg_pool import AvgPool
from nnstudio.layers.base import Layer
from nnstudio.layers.batch_norm import BatchNorm
from nnstudio.layers.conv2d import Conv2D
from nnstudio.layers.dense import Dense
from nnstudio.layers.depthwise_conv2d import DepthwiseConv2D
from nnstudio.layers.dropout import Dropout
from nnstudio.layers.flatten import Flatten
from nnstudio.layers.gaussian_noise import GaussianNoise
from nnstudio.layers.global_avg_pool import GlobalAvgPool
from nnstudio.layers.input import Input
from nnstudio.layers.layer_norm import LayerNorm
from nnstudio.layers.max_pool import MaxPool
from nnstudio.layers.reshape import Reshape
from nnstudio.layers.residual import Residual
from nnstudio.layers.spatial_dropout import SpatialDropout
from nnstudio.layers.zero_padding import ZeroPadding

__all__ = [
    "Activation",
    "AvgPool",
    "BatchNorm",
    "Conv2D",
    "Dense",
    "DepthwiseConv2D",
    "Dropout",
    "Flatten",
    "GaussianNoise",
    "GlobalAvgPool",
    "Input",
    "Layer",
    "LayerNorm",
    "MaxPool",
    "Reshape",
    "Residual",
    "SpatialDropout",
    "ZeroPadding",
]
