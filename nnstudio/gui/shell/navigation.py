"""Which page is in front, which of its panels are open, and where the keyboard goes then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnstudio.gui.shell.docks import SIDES, Side

if TYPE_CHECKING:
    from nnstudio.gui.main_window import MainWindow


class Navigation:
    """Brings pages to the front; the start page stands in for "train" until there is something to train.

    Args:
        window: The window with its parts made.
    """

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._at_start = True

    def show_page(self, name: str) -> None:
        """Brings the page of a tab to the front."""
        window = self._window
        focused = window.focusWidget()
        wanted = "start" if name == "train" and self._at_start else name
        if wanted != window.pages.current:
            window.status.say("")  # a hint belongs to the page that gave it
        window.pages.show_page(wanted)
        window.tabs.set_page(name)
        window.docks.show_page(name)
        self.show_sides()
        if focused is window.centre or (focused is not None and not focused.isVisible()):
            self._focus_page()  # Qt would hand the focus to whatever comes next

    def set_start(self, at_start: bool) -> None:
        """Shows the start page, or the curves, on the Train page."""
        self._at_start = at_start
        self.show_page("train")
        start: Any = self._window.pages.currentWidget()
        if at_start:
            start.focus_first()
        else:
            self._window.centre.setFocus()  # so that Space trains

    def leave_start(self, *_news: object) -> None:
        """A first layer or a first run needs no presets any more."""
        window = self._window
        if self._at_start and (window.document.network.layers[1:] or window.live.session):
            self._at_start = False
            self.show_page(window.tabs.page)

    def toggle_side(self, side: Side) -> None:
        """Opens or closes the panels of one side."""
        docks = self._window.docks
        docks.set_open(side, not docks.is_open(side))
        self.show_sides()

    def show_sides(self) -> None:
        """The two buttons say which sides are open."""
        docks = self._window.docks
        for side in SIDES:
            action = self._window.actions_[f"{side}_dock"]
            action.setEnabled(docks.has(side))
            action.setChecked(docks.is_open(side))

    def find_layer(self) -> None:
        """Goes to the layer list, or to the rail's search, wherever one is."""
        window = self._window
        self.show_page("train")
        window.docks.set_open("left", True)
        self.show_sides()
        (window.layer_rail if window.docks.narrow else window.layer_list).focus_search()

    def focus_loaded(self) -> None:
        """Puts the focus where it belongs on a page that had nothing to give it to until now."""
        if self._window.focusWidget() is self._window.centre:
            self._focus_page(again=True)

    def _focus_page(self, again: bool = False) -> None:
        """Puts the focus where the keys of the page in front belong."""
        page: Any = self._window.pages.currentWidget()
        target = page.focus_target() if hasattr(page, "focus_target") else None
        self._window.ring.hand_on(target or self._window.centre, again)
