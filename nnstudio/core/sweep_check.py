"""Whether a sweep fits its project: the paths exist, and every value is allowed."""

from __future__ import annotations

from collections.abc import Iterator

from nnstudio.core.settings import Setting, setting_of, with_value
from nnstudio.core.spec import ProjectSpec
from nnstudio.core.sweep_spec import Value, Vary
from nnstudio.errors import SpecError


def check_sweep(project: ProjectSpec) -> tuple[Setting, ...]:
    """The settings that the project's sweep varies, in its order.

    Raises:
        SpecError: Nothing varies, a path leads nowhere, or a value is not allowed.
    """
    if not project.sweep.vary:
        raise SpecError(
            "the sweep varies nothing",
            allowed="at least one setting with a list or a range",
            fix="add one, such as train.learning_rate=1e-4..1e-1:log",
        )
    return tuple(check_vary(project, vary) for vary in project.sweep.vary)


def check_vary(project: ProjectSpec, vary: Vary) -> Setting:
    """The setting that varies.

    Raises:
        SpecError: There is no such setting, a range of it makes no sense, or a value is not allowed.
    """
    setting = setting_of(project, vary.path)
    if vary.kind != "list" and not setting.numeric:
        raise SpecError(
            f"{vary.path} has no range",
            allowed=", ".join(map(str, setting.row.choices)) or "a list of values",
            received=vary.text(),
            fix="give a list of values",
        )
    for value in _tried(vary, setting):
        with_value(project, vary.path, value)
    return setting


def _tried(vary: Vary, setting: Setting) -> Iterator[Value]:
    """The values whose being allowed makes all of them allowed."""
    if vary.kind == "list":
        yield from vary.values
        return
    for end in (vary.low, vary.high):
        assert end is not None
        if setting.row.kind == "int" and end != round(end):
            raise SpecError(f"{vary.path} takes whole numbers", received=vary.text(), fix="round the ends")
        yield round(end) if setting.row.kind == "int" else end
