"""The changes that the doctor offers, made to measure for a case."""

from __future__ import annotations

from collections.abc import Iterable

from nnstudio.core.activations import TITLES
from nnstudio.core.augmentation_spec import AugmentationSpec, Shift
from nnstudio.core.fixes import Fix, InsertAfter, InsertBefore, SetFields
from nnstudio.core.layer import INITIALIZERS, LAYERS, LayerSpec
from nnstudio.core.network_spec import NetworkSpec
from nnstudio.core.spec import OPTIMIZERS, EarlyStopping
from nnstudio.engine.doctor.case import Case
from nnstudio.engine.doctor.finding import ProjectFix, one_digit, percent, set_data, set_train, short

RATIO_GOAL = -3.0
"""log10(update:weight) of a good step (Deeplearning4j's training UI: "around −3")."""

LARGE_INPUT = 10.0
"""Root mean square of inputs that were meant to be around 1: raw bytes have about 100."""

_HIGHEST_USUAL_RATE = 0.1  # what large networks on SGD with momentum begin with
_ADAM_RATE = 0.001  # Kingma & Ba (2015), and Keras's default
_WEAK_L2, _STRONG_L2 = 5e-4, 1e-2  # 5e-4 is what AlexNet and VGG were trained with; 20 times that is a lot

Edit = tuple[str, Fix]


def learning_rate(case: Case, least: float, most: float) -> ProjectFix:
    """A learning rate that brings the update:weight ratio to its goal.

    Args:
        case: The run.
        least: Smallest factor to change it by.
        most: Largest factor.
    """
    ratio = case.update_ratio
    wanted = 10 ** max(-9.0, min(9.0, RATIO_GOAL - ratio)) if ratio is not None else least * most
    rate = case.project.train.learning_rate * min(most, max(least, wanted))
    return set_train("learning_rate", one_digit(min(1e6, max(1e-12, rate))))


def lower_rate(case: Case) -> ProjectFix:
    """A tenth of the learning rate, and at most one that somebody uses."""
    rate = min(_HIGHEST_USUAL_RATE, case.project.train.learning_rate / 10)
    return set_train("learning_rate", one_digit(max(1e-12, rate)))


def clip(case: Case) -> tuple[ProjectFix, ...]:
    """Gradients clipped to norm 1 (Pascanu, Mikolov & Bengio, 2013), unless they are."""
    now = case.project.train.clip_norm
    return () if now is not None and now <= 1 else (set_train("clip_norm", 1.0),)


def scale_inputs(case: Case) -> tuple[ProjectFix, ...]:
    """Standardised inputs, where they are large and not standardised."""
    raw = case.project.data.scaling in ("none", "unit")  # floats stay as they are under "unit"
    large = raw and case.statistics is not None and case.statistics.inputs.rms > LARGE_INPUT
    return (set_data("scaling", "standardise"),) if large else ()


def adam(case: Case) -> tuple[ProjectFix, ...]:
    """Adam with its usual learning rate, unless the optimizer adapts its steps already."""
    if case.project.train.optimizer.type_name().startswith(("Ada", "RMS")):
        return ()
    label = f"Adam, learning rate {short(_ADAM_RATE)}"
    return (ProjectFix(label, {"optimizer": OPTIMIZERS.create("Adam"), "learning_rate": _ADAM_RATE}),)


def more_l2(case: Case) -> tuple[ProjectFix, ...]:
    """Five times the penalty, or a usual one where there is none; nothing once it is strong."""
    now = case.project.train.l2
    if now >= _STRONG_L2:
        return ()
    return (set_train("l2", min(_STRONG_L2, one_digit(5 * now)) if now else _WEAK_L2),)


def stop_early(case: Case) -> tuple[ProjectFix, ...]:
    """Early stopping on the validation loss, unless it is on."""
    if case.project.train.early_stopping is not None:
        return ()
    rule = EarlyStopping()
    label = f"Early stopping after {rule.patience} epochs"
    return (ProjectFix(label, {"early_stopping": rule}),)


def dropout(case: Case, rate: float = 0.3) -> tuple[ProjectFix, ...]:
    """Dropout in front of the last layer with weights, unless the network has some.

    Args:
        case: The run.
        rate: Share of the values that are dropped.
    """
    network = case.project.network
    outer = [layer for layer in network.layers if _has_kernel(layer)]
    if len(outer) < 2 or any("Dropout" in layer.type_name() for layer in network.walk()):
        return ()
    edit = InsertBefore("Dropout", {"rate": rate})
    return (ProjectFix(f"Insert Dropout {short(rate)}", layers=((outer[-1].name, edit),)),)


def vary_images(case: Case) -> tuple[ProjectFix, ...]:
    """Images moved by a few pixels at random, unless the recipe varies them already."""
    shape = case.project.network.input_shape or ()
    if len(shape) != 3 or case.project.data.augmentation.active:
        return ()
    shift = AugmentationSpec(shift=Shift())
    return (ProjectFix(f"Shift images by up to {percent(Shift().horizontal)}", data={"augmentation": shift}),)


def hidden_layer(case: Case, units: int = 64) -> tuple[ProjectFix, ...]:
    """A hidden layer for a network that has none.

    Args:
        case: The run.
        units: Its size.
    """
    kernels = [layer for layer in case.project.network.walk() if _has_kernel(layer)]
    if len(kernels) != 1:
        return ()
    fields = {"units": units, "activation": "relu", "kernel_initializer": "HeNormal"}
    edit = InsertBefore("Dense", fields)
    return (ProjectFix(f"Insert Dense {units} · relu", layers=((kernels[0].name, edit),)),)


def wider(case: Case) -> tuple[ProjectFix, ...]:
    """Twice the units or filters in every hidden layer of the outer stack that has them."""
    edits: list[Edit] = []
    for layer in [layer for layer in case.project.network.layers if _has_kernel(layer)][:-1]:
        for name in ("units", "filters"):
            size = getattr(layer, name, None)
            if size is not None and 2 * size <= 65_536:
                edits.append((layer.name, SetFields("", {name: 2 * size})))
    return (ProjectFix("Double the hidden units", layers=tuple(edits)),) if edits else ()


def batch_norm(case: Case) -> tuple[ProjectFix, ...]:
    """BatchNorm behind every hidden layer with a kernel, unless the network has some."""
    layers = list(case.project.network.walk())
    if "BatchNorm" not in LAYERS or any(layer.type_name() == "BatchNorm" for layer in layers):
        return ()
    hidden = [layer for layer in layers if _has_kernel(layer)][:-1]
    edits = tuple((layer.name, InsertAfter("BatchNorm")) for layer in hidden)
    return (ProjectFix("Insert BatchNorm", layers=edits),) if edits else ()


def he_weights(case: Case, names: Iterable[str], function: str = "") -> tuple[ProjectFix, ...]:
    """He's initial weights for some layers, and a function of the ReLU family to go with them.

    Args:
        case: The run.
        names: The layers that compute the activations in question.
        function: The new activation; empty to keep the old one.
    """
    network, he = case.project.network, INITIALIZERS.create("HeNormal")
    functions: list[Edit] = []
    weights: list[Edit] = []
    mended = []
    for name in names:
        if network.find(name) is None:
            continue  # made by a block itself; it has no card to change
        kernel, card = _kernel_and_activation(network, name)
        setting = "function" if card is not None and card.type_name() == "Activation" else "activation"
        new_function = _edit(card, setting, function) if function else []
        new_weights = _edit(kernel, "kernel_initializer", he)
        functions += new_function
        weights += new_weights
        mended += [name] if new_function or new_weights else []
    if not mended:
        return ()
    what = " + ".join(([TITLES[function]] if functions else []) + (["He init"] if weights else []))
    where = mended[0] if len(mended) == 1 else f"{len(mended)} layers"
    return (ProjectFix(f"{what} in {where}", layers=(*functions, *weights)),)


def _edit(layer: LayerSpec | None, setting: str, value: object) -> list[Edit]:
    """The edit that gives a setting another value, if there is a layer and it has another."""
    if layer is None or getattr(layer, setting) == value:
        return []
    return [(layer.name, SetFields("", {setting: value}))]


def _kernel_and_activation(network: NetworkSpec, name: str) -> tuple[LayerSpec | None, LayerSpec | None]:
    """The layer whose kernel feeds an activation, and the one that sets it, given the layer it runs in."""
    layer = network.layer(name)
    stack = [one for one in network.stack(network.parent(name)) if not one.disabled]
    position = [one.name for one in stack].index(name)
    before = [one for one in stack[:position] if _has_kernel(one)]
    kernel = layer if _has_kernel(layer) else before[-1] if before and not layer.children else None
    if layer.type_name() == "Activation" or getattr(layer, "activation", "linear") != "linear":
        return kernel, layer
    behind = stack[position + 1 :]  # a lone activation is computed by the layer in front of it
    return kernel, behind[0] if behind and behind[0].type_name() == "Activation" else None


def _has_kernel(layer: LayerSpec) -> bool:
    return hasattr(layer, "kernel_initializer") and not layer.disabled
