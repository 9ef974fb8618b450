"""The centre of the window: one page per tab, made when it is first looked at."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """Pages by name.

    Args:
        makers: Makes each page; called once, when the page is first shown.
        parent: Qt parent.
    """

    def __init__(self, makers: Mapping[str, Callable[[], QWidget]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._makers = makers
        self._pages: dict[str, QWidget] = {}

    @property
    def current(self) -> str:
        """Name of the page in front, "" before the first."""
        return next((name for name, page in self._pages.items() if page is self.currentWidget()), "")

    def page(self, name: str) -> QWidget:
        """A page, made now if need be."""
        if name not in self._pages:
            page = self._makers[name]()
            self._pages[name] = page
            self.addWidget(page)
        return self._pages[name]

    def existing(self, name: str) -> QWidget | None:
        """A page if it was made already."""
        return self._pages.get(name)

    def show_page(self, name: str) -> QWidget:
        """Brings a page to the front."""
        page = self.page(name)
        self.setCurrentWidget(page)
        return page
