"""The operations of a program, and the layout of their rows."""

(
    ACTIVATE,
    ACTIVATE_BACKWARD,
    COPY,
    DROPOUT,
    AFFINE,
    AFFINE_INPUT,
    GATHER,
    SOFTMAX,
    SOFTMAX_BACKWARD,
    LOSS,
    TALLY,
    KERNEL_GRADIENT,
    BIAS_GRADIENT,
    NORM,
    UPDATE,
    BARRIER,
) = range(16)

LAST_ELEMENTWISE = DROPOUT

INTEGERS, REALS = 16, 4
"""Integers and floats of an operation."""

BY_FEATURES = INTEGERS - 1
"""Where an operation says that threads share its result by features, not by samples."""
