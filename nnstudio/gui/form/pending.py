"""What a running training run may take over, and what waits for its next epoch. Free of Qt."""

from __future__ import annotations

from nnstudio.core.fields import describe
from nnstudio.core.spec import TrainSpec
from nnstudio.gui.widgets import numbers

LOCKED = TrainSpec.locked_while_training
"""Fields that can't change during a run."""


class Pending:
    """Compares the draft recipe with the one that the run trains with.

    Args:
        recipe: The recipe in force.
        epoch: Epoch under way, from 1.
    """

    def __init__(self, recipe: TrainSpec, epoch: int) -> None:
        self.in_force = recipe
        self.epoch = epoch
        self._announced = recipe

    def advance(self, epoch: int, recipe: TrainSpec | None = None) -> None:
        """The run is in ``epoch`` now; what was announced before has come into force with it.

        Args:
            epoch: Epoch under way.
            recipe: The recipe in force, where the run itself says so.
        """
        if recipe is not None:
            self.in_force = recipe
        elif epoch != self.epoch:
            self.in_force = self._announced
        self.epoch = epoch

    def announce(self, draft: TrainSpec) -> TrainSpec | None:
        """The recipe to hand to the run for its next epoch, or None if it has been handed over already.

        Locked fields keep the value of the run, whatever the draft says.
        """
        recipe = self.in_force.replace(**{name: getattr(draft, name) for name in _open_fields()})
        if recipe == self._announced:
            return None
        self._announced = recipe
        return recipe

    def waiting(self, draft: TrainSpec) -> list[str]:
        """Names of the fields whose draft value the run takes over at its next epoch."""
        return [name for name in _open_fields() if getattr(draft, name) != getattr(self.in_force, name)]

    def taken_back(self, draft: TrainSpec) -> TrainSpec:
        """The draft with every waiting field as it is in force."""
        return draft.replace(**{name: getattr(self.in_force, name) for name in self.waiting(draft)})

    def notice(self, draft: TrainSpec) -> str:
        """What waits, in one line: "Learning rate applies at epoch 24"; "" for nothing."""
        labels = [row.label for row in describe(TrainSpec) if row.name in self.waiting(draft)]
        if not labels:
            return ""
        subject = labels[0] if len(labels) == 1 else f"{len(labels)} settings"
        verb = "apply" if subject.endswith("s") else "applies"
        return f"{subject} {verb} at epoch {numbers.count(self.epoch + 1)}"

    def brief(self) -> str:
        """When it comes into force: "Applies at epoch 24"."""
        return f"Applies at epoch {numbers.count(self.epoch + 1)}"


def _open_fields() -> list[str]:
    return [name for name in TrainSpec.model_fields if name not in LOCKED]
