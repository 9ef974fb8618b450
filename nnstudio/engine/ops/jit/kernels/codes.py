"""The operations of a program, the layout of their rows, and what a thread tells them about a step.

An operation belongs to a *family*: a module of :mod:`.operations` whose one function carries out all
of them. Families are compiled one by one, and only those that a program uses are loaded.
"""

BARRIER, TALLY = 0, 1
"""What the interpreter does itself."""

AFFINE, AFFINE_INPUT, PACK_KERNEL = 16, 17, 18
ACTIVATE, ACTIVATE_BACKWARD, COPY, DROPOUT = 32, 33, 34, 35
SPATIAL_DROPOUT, GAUSSIAN_NOISE, ADD, SCALE = 36, 37, 38, 39
SOFTMAX, SOFTMAX_BACKWARD, GATHER, LOSS, EMIT = 48, 49, 50, 51, 52
KERNEL_GRADIENT, BIAS_GRADIENT, NORM, UPDATE = 64, 65, 66, 67
BATCH_SUMS, BATCH_STATISTICS, BATCH_NORM = 80, 81, 82
BATCH_SUMS_BACKWARD, BATCH_STATISTICS_BACKWARD, BATCH_NORM_BACKWARD = 83, 84, 85
MAX_POOL, MAX_POOL_BACKWARD, AVERAGE_POOL, AVERAGE_POOL_BACKWARD = 96, 97, 98, 99
GLOBAL_AVERAGE, GLOBAL_AVERAGE_BACKWARD = 100, 101
LAYER_NORM, LAYER_NORM_BACKWARD = 112, 113
CORRELATE, PACK, TRANSPOSE_TAPS, CONVOLUTION_GRADIENT, GRADIENT_OF_EACH = 128, 129, 130, 131, 132
WINOGRAD, TRANSFORM_KERNEL, WINOGRAD_GRADIENTS, FINISH_WINOGRAD_GRADIENT = 144, 145, 146, 147
COPY_ROWS, PIXEL_SUMS = 160, 161
DEPTHWISE, DEPTHWISE_GRADIENT = 176, 177
POOLED_NORM, POOLED_NORM_BACKWARD = 192, 193
AFFINE_PARTS, ADD_PARTS, DENSE_GRADIENTS = 208, 209, 210
GRADIENT_PARTS, ADD_GRADIENT_PARTS = 224, 225

FAMILIES = {
    1: "dense",
    2: "pointwise",
    3: "samples",
    4: "gradients",
    5: "batch_norm",
    6: "pooling",
    7: "layer_norm",
    8: "convolution",
    9: "winograd",
    10: "images",
    11: "depthwise",
    12: "pooled_norm",
    13: "deep_dense",
    14: "gradient_parts",
}
"""Module of the operations whose code is 16 times the number, or up to 15 more."""

EITHER = frozenset(
    {
        *(ACTIVATE, ACTIVATE_BACKWARD, COPY, DROPOUT, GAUSSIAN_NOISE, ADD, SCALE),
        *(SOFTMAX, SOFTMAX_BACKWARD, LAYER_NORM, LAYER_NORM_BACKWARD),
    }
)
IMAGES = frozenset(
    {
        *(SPATIAL_DROPOUT, BATCH_SUMS, BATCH_NORM, BATCH_SUMS_BACKWARD, BATCH_NORM_BACKWARD),
        *(MAX_POOL, MAX_POOL_BACKWARD, AVERAGE_POOL, AVERAGE_POOL_BACKWARD),
        *(GLOBAL_AVERAGE, GLOBAL_AVERAGE_BACKWARD, POOLED_NORM, POOLED_NORM_BACKWARD),
        *(CORRELATE, GRADIENT_OF_EACH, WINOGRAD, COPY_ROWS, PIXEL_SUMS, DEPTHWISE, DEPTHWISE_GRADIENT),
    }
)
ROWS_OF_VALUES = frozenset({GATHER, AFFINE, AFFINE_INPUT, ADD_PARTS, GRADIENT_PARTS, LOSS, EMIT})
"""What is done to every sample by itself: to samples of either kind, to images, or to rows of values that a
kernel is read for. Some of these in a row are carried out for some samples at a time, whose values then stay
in the cache from one operation to the next."""

INTEGERS, REALS = 26, 6
"""Integers and floats of an operation."""

BY_FEATURES = INTEGERS - 1
"""Where an operation says that threads share its result by features, not by samples."""

FUNCTION = INTEGERS - 2
"""Where the address of its family's function stands when a program runs."""

BLOCK, RUN = INTEGERS - 3, INTEGERS - 4
"""Where the first of some operations in a row says for how many samples at a time they are carried out, or
0 for all; and how many operations they are."""

(
    SAMPLES,
    FIRST,
    LAST,
    POSITION,
    ROWS,
    KEY,
    COEFFICIENTS,
    INPUT,
    LABELS,
    OUTPUT,
    KERNELS,
    KERNELS_LENGTH,
    SCRATCH,
    OPTIMIZER,
    CONSTANTS,
    WINDOW,
) = range(16)
"""What a thread tells the operations of a step, as integers:

samples of the batch; which of them are the thread's now, from the first one on and before the last one;
samples of the run in front of the batch; address of its rows; random bits of the step;
address of the step's coefficients; addresses of all samples, their labels, and where results are given
out; of the kernel table (and its length), this thread's scratch, the optimizer's rule and vectors, and
its constants; of this thread's room for scaled samples.
"""
CONTEXT = 16
