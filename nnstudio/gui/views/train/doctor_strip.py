"""The training doctor on the Train page: one finding at a time, the most urgent first, with one fix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.checkup import Visit
from nnstudio.engine.doctor import Finding, ProjectFix
from nnstudio.engine.session import Session
from nnstudio.errors import NNStudioError
from nnstudio.gui.document import Document
from nnstudio.gui.live import Live
from nnstudio.gui.look.tokens import METRICS
from nnstudio.gui.theme import theme
from nnstudio.gui.views.train.evidence import NEW_RUN, Evidence
from nnstudio.gui.widgets import numbers
from nnstudio.gui.widgets.banner import Banner

_ICONS = {"error": "error-circle", "caution": "stethoscope", "good": "check-circle"}


@dataclass(frozen=True)
class Applied:
    """A fix that was made.

    Attributes:
        fix: The fix.
        before: The project without it.
        epoch: Epochs that a run under way had begun; 0 if a new run is needed.
        outcome: When it takes effect, in words.
    """

    fix: ProjectFix
    before: ProjectSpec
    epoch: int
    outcome: str


class DoctorStrip(QWidget):
    """What the doctor says about the current run; hidden while there is nothing to say.

    The findings come with the session (see ``Session.visit``): they are made on the training thread, and
    here they are only looked at.

    Attributes:
        banner: The strip.
        evidence: What "Why?" opens below it.

    Args:
        document: The project; a fix is one undo step of it.
        live: The link to the run.
        parent: Qt parent.
    """

    def __init__(self, document: Document, live: Live, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._live = document, live
        self._session: Session | None = None
        self._visit: Visit | None = None
        self._finding: Finding | None = None
        self._fixes: tuple[ProjectFix, ...] = ()
        self._closed: set[tuple[str, str]] = set()  # kinds and layers that nobody wants to hear of again
        self._applied: Applied | None = None
        self._covered = False
        self.banner, self.evidence = Banner(), Evidence()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        for widget in (self.banner, self.evidence):
            self._column.addWidget(widget)
        self.evidence.hide()
        self._space()
        theme().changed.connect(self._space)
        self._connect()
        self._look()
        self._show()

    @property
    def finding(self) -> Finding | None:
        """The finding on show."""
        return self._finding if self._applied is None else None

    def set_covered(self, covered: bool) -> None:
        """Gives way to a message of the run, which is more urgent."""
        self._covered = covered
        self._show()

    def _connect(self) -> None:
        live = self._live
        for signal in (live.snapshot_changed, live.run_started, live.run_ended, live.run_dropped):
            signal.connect(self._look)
        self._document.changed.connect(self._document_changed)
        self.banner.action_clicked.connect(self._act)
        self.banner.why_clicked.connect(self._toggle_evidence)
        self.banner.closed.connect(self._close)
        self.evidence.fix_chosen.connect(self._apply)

    def _look(self, *_news: object) -> None:
        """Takes in what the doctor has found since; asked with every frame."""
        session = self._live.session
        visit = session.visit if session is not None else None
        if session is self._session and visit is self._visit:
            return
        if session is not self._session:
            self._session, self._applied = session, None
            self._closed.clear()
            self.evidence.hide()
        self._visit = visit
        applied = self._applied
        if applied is not None and applied.epoch and visit is not None and visit.case is not None:
            in_force = len(visit.case.history) > applied.epoch  # an epoch has been trained with it
            self._applied = None if in_force else applied
        self._choose()

    def _choose(self) -> None:
        """Picks the most urgent finding that wasn't closed, and shows it."""
        findings: Sequence[Finding] = self._visit.findings if self._visit is not None else ()
        open_ = [finding for finding in findings if _key(finding) not in self._closed]
        before, self._finding = self._finding, open_[0] if open_ else None
        finding = self._finding
        if finding is None or before is None or _key(finding) != _key(before):
            self.evidence.hide()
            if finding is not None and finding.severity != "good":
                self._announce(finding)
        self._show()

    def _show(self) -> None:
        self._fixes = self._possible()
        if self._applied is not None:
            self._show_applied(self._applied)
        elif self._finding is not None:
            self._show_finding(self._finding)
        elif self._visit is not None and self._visit.problem and ("problem", "") not in self._closed:
            self.banner.say("info", "No check-up of this run", self._visit.problem)
        else:
            self.hide()
            return
        self.banner.show()
        self.setVisible(not self._covered)

    def _show_finding(self, finding: Finding) -> None:
        fix = self._fixes[0] if self._fixes else None
        why = "Hide" if not self.evidence.isHidden() else "Why?"
        label, icon = fix.label if fix else "", _ICONS[finding.severity]
        self.banner.say(finding.severity, finding.title, finding.evidence, label, why, icon)
        if fix is not None:
            self.banner.describe_action(f"{fix.label}. {NEW_RUN if fix.needs_new_run else self._when(fix)}")
        if not self.evidence.isHidden():
            self._fill_evidence(finding)

    def _show_applied(self, applied: Applied) -> None:
        undo = "Undo" if self._document.undo_label == applied.fix.label else ""
        self.evidence.hide()
        self.banner.say("info", applied.fix.label, applied.outcome, undo)
        self.banner.describe_action("Take the change back.")

    def _possible(self) -> tuple[ProjectFix, ...]:
        """The finding's fixes that still change something."""
        project = self._document.project
        fixes = self._finding.fixes if self._finding is not None else ()
        return tuple(fix for fix in fixes if _changes(fix, project))

    def _act(self) -> None:
        if self._applied is not None:
            self._document.undo()
            self._live.apply_recipe(self._document.project.train)
        elif self._fixes:
            self._apply(self._fixes[0])

    def _apply(self, fix: ProjectFix) -> None:
        before, snapshot = self._document.project, self._live.snapshot
        try:
            self._document.apply(fix.label, fix.apply(before))
        except NNStudioError as error:
            self.banner.say("error", "That can't be changed any more", str(error))
            return
        taken_over = self._live.running and not fix.needs_new_run
        if taken_over:
            self._live.apply_recipe(self._document.project.train)
        epoch = snapshot.epoch if snapshot is not None and taken_over else 0
        self._applied = Applied(fix, before, epoch, self._when(fix))
        self._show()

    def _when(self, fix: ProjectFix) -> str:
        """When a fix takes effect, once it is made."""
        live = self._live
        if live.running and fix.needs_new_run:
            return "It needs a new run: press Stop, then Train."
        if live.running and live.snapshot is not None:
            return f"The run takes it over at epoch {numbers.count(live.snapshot.epoch + 1)}."
        if fix.needs_new_run or not live.can_continue:
            return "The next Train starts a new run with it."
        return "The next Train goes on with it."

    def _document_changed(self, *_change: object) -> None:
        if self._applied is not None and self._document.project == self._applied.before:
            self._applied = None  # it was taken back
        if self._finding is not None or self._applied is not None:
            self._show()

    def _toggle_evidence(self) -> None:
        if self._finding is not None:
            self.evidence.setVisible(self.evidence.isHidden())
            self._show_finding(self._finding)

    def _fill_evidence(self, finding: Finding) -> None:
        from nnstudio.engine.doctor.rules import RULES

        self.evidence.show_finding(finding, RULES[finding.kind], self._fixes[1:])

    def _close(self) -> None:
        if self._finding is not None:
            self._closed.add(_key(self._finding))
        elif self._visit is not None and self._visit.problem:
            self._closed.add(("problem", ""))
        self._applied = None
        self._choose()

    def _announce(self, finding: Finding) -> None:
        text = f"{finding.title}. {finding.evidence}"
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.banner, text))

    def _space(self) -> None:
        self._column.setSpacing(theme().px(METRICS.gap))


def _key(finding: Finding) -> tuple[str, str]:
    return finding.kind, finding.layer


def _changes(fix: ProjectFix, project: ProjectSpec) -> bool:
    try:
        return fix.apply(project) != project
    except NNStudioError:
        return False  # the layer that it is about is gone
