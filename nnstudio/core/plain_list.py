"""The plain list form of a dense network: ``[{"input_nodes": 784, "activation": "relu"}, ...]``.

Every entry is one layer of weights. It has ``input_nodes`` inputs and as many outputs as it says in
``output_nodes``, or else as the next entry has inputs. A last entry without ``output_nodes`` only
names the number of outputs; an activation in it replaces that of the layer before.
"""

from __future__ import annotations

from typing import Any

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.core.spec import NetworkSpec
from nnstudio.errors import SpecError

_KEYS = {"input_nodes", "output_nodes", "activation"}


def is_plain_list(value: Any) -> bool:
    """Whether JSON data are a network in the plain list form."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(entry, dict) and "input_nodes" in entry for entry in value)
    )


def network_from_plain_list(entries: list[dict[str, Any]]) -> NetworkSpec:
    """Reads the plain list form.

    Args:
        entries: The list; see the module for its meaning. 784 inputs become 28×28×1 images.

    Raises:
        SpecError: A key is unknown, a number is missing, or neighbours don't fit.
    """
    for entry in entries:
        unknown = set(entry) - _KEYS
        if unknown:
            raise SpecError(
                f"the plain list form has no key {sorted(unknown)[0]!r}", allowed=", ".join(sorted(_KEYS))
            )
    stack: list[LayerSpec] = list(_front(entries[0]["input_nodes"]))
    dense: list[dict[str, Any]] = []
    for position, entry in enumerate(entries):
        following = entries[position + 1]["input_nodes"] if position + 1 < len(entries) else None
        units = entry.get("output_nodes", following)
        if units is None:
            if not dense:
                raise SpecError("the list has one entry without output_nodes", fix="add output_nodes")
            dense[-1]["activation"] = entry.get("activation", dense[-1]["activation"])
            continue
        if following is not None and units != following:
            raise SpecError(
                f"entry {position + 1} has {units} outputs but the next has {following} inputs",
                fix="make the two numbers equal",
            )
        dense.append({"units": units, "activation": entry.get("activation", "linear")})
    stack += [LAYERS.create("Dense", kernel_initializer=_init(d["activation"]), **d) for d in dense]
    return NetworkSpec(layers=tuple(stack))


def network_to_plain_list(network: NetworkSpec) -> list[dict[str, Any]]:
    """Writes the plain list form.

    Raises:
        SpecError: The network has layers that the form can't say.
    """
    from nnstudio.core.shapes import infer_shapes

    entries = []
    for row in infer_shapes(network).require().layers:
        kind = row.layer.type_name()
        if kind == "Dense":
            assert row.input_shape is not None
            assert row.output_shape is not None
            entries.append(
                {
                    "input_nodes": row.input_shape[0],
                    "output_nodes": row.output_shape[0],
                    "activation": getattr(row.layer, "activation", "linear"),
                }
            )
        elif kind not in ("Input", "Flatten"):
            raise SpecError(
                f"the plain list form has no {row.layer.title} layer", allowed="Dense layers only"
            )
    return entries


def _front(nodes: int) -> tuple[LayerSpec, ...]:
    if nodes == 784:
        return LAYERS.create("Input", shape=(28, 28, 1)), LAYERS.create("Flatten")
    return (LAYERS.create("Input", shape=(nodes,)),)


def _init(activation: str) -> str:
    if activation == "selu":
        return "LeCunNormal"
    return "HeNormal" if activation in ("relu", "leaky_relu", "elu", "gelu", "silu") else "GlorotUniform"
