"""Shapes, parameters, multiply-adds and problems of a whole network, without running data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from nnstudio.core.cautions import cautions
from nnstudio.core.fixes import Fix, InsertAfter, MoveBefore, Remove, SetFields
from nnstudio.core.layer import LayerSpec, Shape, shape_text
from nnstudio.core.problem import Problem
from nnstudio.core.spec import LossSpec, NetworkSpec
from nnstudio.errors import ShapeError


@dataclass(frozen=True)
class LayerReport:
    """What is known about one layer in its place.

    ``None`` stands for "not known, because this layer or one before it has a problem".

    Attributes:
        layer: The layer.
        input_shape: Shape of its input sample.
        output_shape: Shape of its output sample.
        parameters: Values that training finds, with those of the layers inside.
        multiply_adds: Work of one sample's forward pass, likewise.
        problems: What is wrong with the layer itself.
        branches: The layers inside a container, by branch; those it makes by itself are among them.
    """

    layer: LayerSpec
    input_shape: Shape | None
    output_shape: Shape | None
    parameters: int | None
    multiply_adds: int | None
    problems: tuple[Problem, ...] = ()
    branches: Mapping[str, tuple[LayerReport, ...]] = field(default_factory=dict)

    def tree(self) -> Iterator[LayerReport]:
        """The row and those of all layers inside, outermost first."""
        yield self
        for rows in self.branches.values():
            for row in rows:
                yield from row.tree()

    @property
    def trainable(self) -> int:
        """Values that training changes: the parameters without those of frozen layers."""
        if self.parameters is None or self.layer.frozen or self.layer.disabled:
            return 0
        inside = sum(row.parameters or 0 for rows in self.branches.values() for row in rows)
        changing = sum(row.trainable for rows in self.branches.values() for row in rows)
        return self.parameters - inside + changing


@dataclass(frozen=True)
class ShapeReport:
    """Shapes and problems of a network."""

    layers: tuple[LayerReport, ...]
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems that block training."""
        return tuple(problem for problem in self.problems if problem.severity == "error")

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Problems that don't."""
        return tuple(problem for problem in self.problems if problem.severity == "warning")

    @property
    def ok(self) -> bool:
        """The network can be trained."""
        return not self.errors

    @property
    def parameters(self) -> int:
        """Values that training finds, up to the first layer that isn't known."""
        return sum(row.parameters or 0 for row in self._known())

    @property
    def trainable(self) -> int:
        """Those of them that no frozen layer holds."""
        return sum(row.trainable for row in self._known())

    @property
    def running_statistics(self) -> int:
        """Values that layers keep beside the parameters, such as BatchNorm's moving means."""
        layers = ((row.layer, row.input_shape) for outer in self._known() for row in outer.tree())
        held = (layer.weights(shape) for layer, shape in layers if shape is not None and not layer.disabled)
        return sum(weight.size for weights in held for weight in weights if not weight.trainable)

    @property
    def multiply_adds(self) -> int:
        """Multiply-adds per sample, up to the first layer that isn't known."""
        return sum(row.multiply_adds or 0 for row in self._known())

    @property
    def output_shape(self) -> Shape | None:
        """Shape of one output sample."""
        return self.layers[-1].output_shape if self.layers else None

    def rows(self) -> Iterator[LayerReport]:
        """Every row, also those inside containers, in the order of the stack."""
        for row in self.layers:
            yield from row.tree()

    def row(self, name: str) -> LayerReport | None:
        """The row of the layer called ``name``, wherever it stands."""
        return next((row for row in self.rows() if row.layer.name == name), None)

    def _known(self) -> list[LayerReport]:
        known = []
        for row in self.layers:
            if row.parameters is None:
                break
            known.append(row)
        return known

    def require(self) -> ShapeReport:
        """Itself, if the network can be trained.

        Raises:
            ShapeError: It can't; the message lists every problem.
        """
        if self.errors:
            lines = "\n  ".join(problem.sentence() for problem in self.errors)
            noun = "problem" if len(self.errors) == 1 else "problems"
            raise ShapeError(f"the network has {len(self.errors)} {noun}:\n  {lines}")
        return self


def infer_shapes(
    network: NetworkSpec,
    *,
    classes: int | None = None,
    input_shape: Shape | None = None,
    loss: LossSpec | None = None,
) -> ShapeReport:
    """Works out shape, parameters, multiply-adds and every problem of each layer.

    Args:
        network: The stack.
        classes: Number of classes of the data, if the output is to be checked against it.
        input_shape: Shape of the data's samples, if the input is to be checked against it.
        loss: The loss, if the output is to be checked against it.

    Returns:
        One row per layer. After a problem the rest is worked out as far as it can be.
    """
    rows = _rows(network.layers, None, outermost=True)
    problems = [problem for outer in rows for row in outer.tree() for problem in row.problems]
    problems += _network_problems(network, rows, classes, input_shape, loss)
    if not any(problem.layer == "" for problem in problems):
        problems += cautions(rows, problems, classes, loss)
    named: dict[str, list[Problem]] = {}
    for problem in problems:
        named.setdefault(problem.layer, []).append(problem)
    return ShapeReport(tuple(_marked(row, named) for row in rows), tuple(problems))


def _rows(
    layers: tuple[LayerSpec, ...], shape: Shape | None, *, outermost: bool = False
) -> list[LayerReport]:
    """The rows of one chain of layers that is fed with ``shape``."""
    rows = []
    for position, layer in enumerate(layers):
        rows.append(_row(layer, shape, first=outermost and position == 0))
        if len(rows) > 1 and rows[-1].problems:
            rows[-1] = _or_earlier(rows[:-1], _or_without(rows[-2], rows[-1]))
        shape = rows[-1].output_shape
    return rows


def _row(layer: LayerSpec, shape: Shape | None, *, first: bool) -> LayerReport:
    if (layer.category == "input") != first:
        message = "the stack must start with Input" if first else "Input can only be the first layer"
        fixes = () if first else (Remove("Remove Input"),)
        return LayerReport(layer, shape, shape, None, None, (Problem(layer.name, message, fixes=fixes),))
    if first:
        out = layer.output_shape(())
        return LayerReport(layer, None, out, 0, 0)
    if layer.disabled:
        return LayerReport(layer, shape, shape, 0, 0)
    if shape is None:
        return LayerReport(layer, None, None, None, None)
    if layer.children:
        return _container(layer, shape)
    try:
        out = layer.output_shape(shape)
    except ShapeError as error:
        return LayerReport(layer, shape, error.assumed_output, None, None, (_problem(layer, error),))
    return LayerReport(layer, shape, out, layer.parameters(shape), layer.multiply_adds(shape))


def _or_without(before: LayerReport, row: LayerReport) -> LayerReport:
    """The row; where its problem comes from a layer that only reshapes, taking that out is a fix."""
    if before.layer.category != "shape" or before.input_shape is None or before.problems:
        return row
    if _row(row.layer, before.input_shape, first=False).problems:
        return row
    remove = Remove(f"Remove {before.layer.title}", before.layer.name)
    return replace(row, problems=tuple(replace(p, fixes=(remove, *p.fixes)[:2]) for p in row.problems))


def _or_earlier(before: list[LayerReport], row: LayerReport) -> LayerReport:
    """The row; a layer for images that stands behind the end of the image may move in front of that end."""
    removes = any(isinstance(fix, Remove) for problem in row.problems for fix in problem.fixes)
    if not row.problems or removes or len(row.input_shape or ()) != 1:
        return row
    image = (one for one in before if len(one.input_shape or ()) == 3 and len(one.output_shape or ()) == 1)
    end = next((one for one in image if not one.problems), None)
    if end is None or _row(row.layer, end.input_shape, first=False).problems:
        return row
    move = MoveBefore(end.layer.name)
    return replace(row, problems=tuple(replace(p, fixes=(move, *p.fixes)[:2]) for p in row.problems))


def _container(layer: LayerSpec, shape: Shape) -> LayerReport:
    """A container's row: its own problem is looked for once the layers inside have none."""
    inside = tuple(_rows(layer.children, shape))
    if any(row.problems for outer in inside for row in outer.tree()):
        assumed = inside[-1].output_shape
        return LayerReport(layer, shape, assumed, None, None, branches={"layers": inside})
    try:
        out = layer.output_shape(shape)
    except ShapeError as error:
        problem = _problem(layer, error)
        return LayerReport(
            layer, shape, error.assumed_output, None, None, (problem,), branches={"layers": inside}
        )
    branches = {
        name: inside if chain is layer.children else tuple(_rows(chain, shape))  # once per depth, not twice
        for name, chain in layer.branches(shape).items()
    }
    rows = [row for chain in branches.values() for row in chain]
    parameters = layer.parameters(shape) + sum(row.parameters or 0 for row in rows)
    work = layer.multiply_adds(shape) + sum(row.multiply_adds or 0 for row in rows)
    return LayerReport(layer, shape, out, parameters, work, branches=branches)


def _problem(layer: LayerSpec, error: ShapeError) -> Problem:
    return Problem(layer.name, error.what, error.expected, error.got, error.fixes[:2])


def _network_problems(
    network: NetworkSpec,
    rows: list[LayerReport],
    classes: int | None,
    input_shape: Shape | None,
    loss: LossSpec | None,
) -> list[Problem]:
    problems = []
    if not rows:
        return [Problem("", "the network is empty", "an Input layer first", "no layers")]
    first, last = rows[0], rows[-1]
    if input_shape is not None and first.layer.category == "input" and first.output_shape != input_shape:
        wanted, got = shape_text(input_shape), shape_text(first.output_shape or ())
        fix = SetFields(f"Use {wanted}", {"shape": input_shape})
        problems.append(Problem(first.layer.name, "the input doesn't fit the data", wanted, got, (fix,)))
    if not any(row.parameters for row in rows):
        if not any(row.problems for outer in rows for row in outer.tree()):
            problems.append(_no_output(rows, classes))
    elif classes is not None and last.output_shape is not None and not last.problems:
        problems.extend(_output_problems(rows, classes, loss))
    return problems


def _no_output(rows: list[LayerReport], classes: int | None) -> Problem:
    name = rows[-1].layer.name
    if classes is None:
        return Problem(name, "no output layer yet", "a layer with weights", "none")
    add = InsertAfter("Dense", {"units": classes, "activation": "softmax"}, f"Add Dense {classes}")
    flat = len(rows[-1].output_shape or ()) == 1
    fixes: tuple[Fix, ...] = (add,) if flat else (InsertAfter("Flatten"),)
    return Problem(name, "no output layer yet", f"{classes} outputs", "no layer with weights", fixes)


def _output_problems(rows: list[LayerReport], classes: int, loss: LossSpec | None) -> list[Problem]:
    last = rows[-1]
    assert last.output_shape is not None
    one_will_do = classes == 2 and (loss is None or loss.link != "softmax")
    if last.output_shape == (classes,) or (last.output_shape == (1,) and one_will_do):
        return []
    add = InsertAfter("Dense", {"units": classes, "activation": "softmax"}, f"Add Dense {classes}")
    fixes: list[Fix] = []
    trainable = next((row for row in reversed(rows) if row.parameters), None)
    if len(last.output_shape) != 1:
        fixes = [InsertAfter("Flatten")]
    elif trainable is last and "units" in type(last.layer).model_fields:
        fixes = [SetFields(f"Set {classes} units", {"units": classes}), add]
    else:
        fixes = [add]
    got = shape_text(last.output_shape)
    message = "the output doesn't fit the classes of the data"
    return [Problem(last.layer.name, message, f"{classes} outputs", got, tuple(fixes))]


def _marked(row: LayerReport, problems: Mapping[str, list[Problem]]) -> LayerReport:
    """The row with all problems of its layer, and those inside it with theirs."""
    own = tuple(problems.get(row.layer.name, ()))
    branches = {
        name: tuple(_marked(inner, problems) for inner in rows) for name, rows in row.branches.items()
    }
    return row if own == row.problems and not branches else replace(row, problems=own, branches=branches)
