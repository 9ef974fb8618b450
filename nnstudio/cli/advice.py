"""What the training doctor says at the end of a run, in one line of the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator

from nnstudio.engine.checkup import Checkup
from nnstudio.engine.doctor import Finding, ProjectFix
from nnstudio.engine.trainer import Trainer


def advice(trainer: Trainer) -> str | None:
    """The most urgent finding with its best fix; None where all is well."""
    urgent = next((found for found in Checkup(trainer).findings() if found.severity != "good"), None)
    return None if urgent is None else finding_line(urgent)


def finding_line(finding: Finding) -> str:
    """``doctor: title: evidence; fix: change (--set ...)``, the option only where one says it all."""
    line = f"doctor: {finding.title}: {finding.evidence.rstrip('.')}"
    if not finding.fixes:
        return line
    options = " ".join(_options(finding.fixes[0]))
    return f"{line}; fix: {finding.fixes[0].label}" + (f" ({options})" if options else "")


def _options(fix: ProjectFix) -> Iterator[str]:
    """The fix as options of ``nnstudio train``; none for changes that take more than values."""
    values = {
        **{f"train.{name}": value for name, value in fix.train.items()},
        **{f"data.{name}": value for name, value in fix.data.items()},
    }
    rule = values.pop("train.early_stopping", None)
    if rule is not None:
        values["train.early_stopping.patience"] = rule.patience
    if fix.layers or not all(isinstance(value, (int, float, str)) for value in values.values()):
        return
    for path, value in values.items():
        yield f"--set {path}={value if isinstance(value, str) else json.dumps(value)}"
