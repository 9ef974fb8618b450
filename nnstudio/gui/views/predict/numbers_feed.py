"""Tells the panel of numbers what there is to fill in: the data's features, or the plane and its points."""

from __future__ import annotations

from PySide6.QtCore import QObject

from nnstudio.core.points_spec import PointsSpec
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.prepare import Prepared
from nnstudio.engine.model import Model
from nnstudio.gui.background import Task, run_in_background
from nnstudio.gui.playground.look import Look, Question, fits, is_plane, look
from nnstudio.gui.views.predict.features import Feature, feature_names, known_features, unknown_features
from nnstudio.gui.views.predict.numbers_panel import NumbersPanel


class NumbersFeed(QObject):
    """Keeps the panel up to date; whatever takes long is found out in the background.

    Args:
        panel: The panel.
        parent: Qt parent.
    """

    def __init__(self, panel: NumbersPanel, parent: QObject) -> None:
        super().__init__(parent)
        self._panel = panel
        self._task: Task | None = None
        self._wanted: Question | None = None  # the newest plane to look at
        self._shown: Question | None = None
        self._known: tuple[Prepared, tuple[Feature, ...]] | None = None

    def adapt(self, project: ProjectSpec, model: Model | None, prepared: Prepared | None, count: int) -> None:
        """Shows the form or the plane of a project.

        Args:
            project: Whose data the network looks at.
            model: The network, or None before training.
            prepared: The data, or None while nobody has loaded them.
            count: Number of the network's inputs.
        """
        points = project.data.points or PointsSpec()
        if is_plane(project.data) and model is not None and fits(model, points):
            self._panel.show_point(tuple(points.inputs), None)
            self._wanted = Question(project, model)
            self._look()
            return
        if prepared is None or prepared.shape != (count,):
            self._panel.show_features(unknown_features(count))
        elif self._known is not None and self._known[0] is prepared:
            self._panel.show_features(self._known[1], prepared.test)
        else:
            self._ask(project, prepared)

    def stop(self) -> None:
        """Nobody looks any more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _look(self) -> None:
        question = self._wanted
        if question is None or question == self._shown or self._task is not None:
            return
        self._task = run_in_background(
            lambda: look(question), lambda seen: self._looked(question, seen), self._failed, self
        )

    def _looked(self, question: Question, seen: Look) -> None:
        self._task, self._shown = None, question
        points = question.project.data.points or PointsSpec()
        self._panel.show_point(tuple(points.inputs), seen)
        self._look()  # the network may have changed meanwhile

    def _ask(self, project: ProjectSpec, prepared: Prepared) -> None:
        self.stop()
        data = project.data
        self._task = run_in_background(
            lambda: known_features(prepared.train, feature_names(data)),
            lambda features: self._told(prepared, features),
            lambda error: self._told(prepared, known_features(prepared.train, ())),
            self,
        )

    def _told(self, prepared: Prepared, features: tuple[Feature, ...]) -> None:
        self._task, self._known = None, (prepared, features)
        self._panel.show_features(features, prepared.test)

    def _failed(self, error: Exception) -> None:
        self._task = None
