"""The one style sheet of the application, generated from the tokens.

Widgets choose a look through dynamic properties, never through colours of their own:

* ``QPushButton[role]``: ``primary``, ``tint``, ``text``, ``quiet``, ``danger``; ``small`` (true) is 24 high
* ``QToolButton[role]``: ``icon`` (24 x 24, flat)
* ``QFrame[role]``: ``panel``, ``card``, ``window``, ``divider``, ``header``, ``footer``,
  ``hint`` (tinted), ``drop`` (dashed)
* ``QLabel[role]``: ``page``, ``title``, ``section``, ``secondary``, ``caption``, ``note``, ``metric``,
  ``error``, ``caution``, ``good``, ``accent``
* fields' ``state``: ``invalid``, ``changed``, ``locked``

Lengths are written for 100% zoom and scaled here.
"""

from __future__ import annotations

import math
import re
from dataclasses import fields
from string import Template

from nnstudio.gui.look.tokens import Tokens

_SHELL = """
QWidget { color: $text; }
QMainWindow, QDialog, QWidget[role="page"] { background: $window; }
QMainWindow::separator { background: $border; width: 1px; height: 1px; margin: 0; }
QMainWindow::separator:hover { background: $accent; }
QMenuBar { background: $panel; border: none; padding: 0 7px; spacing: 0; }
QMenuBar::item { background: transparent; height: 16px; padding: 4px 9px; margin: 2px 0; border-radius: 4px; }
QMenuBar::item:selected, QMenuBar::item:pressed { background: $hover; }
QToolBar { background: $panel; border: none; border-bottom: 1px solid $border; padding: 7px; spacing: 8px;
  qproperty-iconSize: 18px 18px; }
QToolBar[role="tabs"] { padding: 0; qproperty-iconSize: 16px 16px; }
QToolBar::separator { background: $border; width: 1px; margin: 9px 6px; }
QTabBar { background: transparent; border: none; qproperty-drawBase: 0; }
QTabBar::tab { background: transparent; color: $text2; font-weight: 500; border: none; height: 34px;
  margin: 0 10px; padding: 0 4px; border-bottom: 2px solid transparent; }
QTabBar::tab:first { margin-left: 20px; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $accent; border-bottom: 2px solid $accent; }
QTabBar::tab:disabled { color: $disabled; }
QStatusBar { background: $panel; border-top: 1px solid $border; color: $text2; font-size: 12px;
  min-height: 23px; max-height: 23px; }
QStatusBar::item { border: none; }
QStatusBar QLabel { color: $text2; font-size: 12px; }
QDockWidget { border: none; }
QDockWidget::title { background: $panel; }
QDockWidget > QWidget { background: $panel; }
QSplitter::handle { background: $border; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QScrollArea, QScrollArea > QWidget > QWidget[role="form"] { background: transparent; border: none; }
"""

_FRAMES = """
QFrame[role="panel"], QFrame[role="card"] { background: $panel; border: 1px solid $border;
  border-radius: 6px; }
QFrame[role="card"][selectable="true"]:hover { background: $hover; }
QFrame[role="card"][selected="true"] { background: $accent_tint; border: 2px solid $accent; }
QFrame[role="tip"] { background: $panel; border: 1px solid $strong; }
QFrame[role="surface"] { background: $panel; border: none; }
QFrame[role="window"] { background: $window; border: none; }
QFrame[role="divider"] { background: $border; border: none; min-height: 1px; max-height: 1px; }
QFrame[role="divider"][vertical="true"] { min-height: 0; max-height: 16777215px; min-width: 1px;
  max-width: 1px; }
QFrame[role="header"] { background: $panel; border: none; border-bottom: 1px solid $border; }
QFrame[role="footer"] { background: $panel; border: none; border-top: 1px solid $border; }
QFrame[role="drop"] { background: transparent; border: 1px dashed $strong; border-radius: 6px; }
QFrame[role="hint"] { background: $accent_tint; border: none; border-radius: 4px; }
QFrame[role="banner"] { background: $accent_tint; border: 1px solid $accent; border-radius: 6px; }
QFrame[role="banner"][kind="good"] { background: $good_tint; border-color: $good; }
QFrame[role="banner"][kind="caution"] { background: $caution_tint; border-color: $caution_line; }
QFrame[role="banner"][kind="error"] { background: $error_tint; border-color: $error; }
QLabel { background: transparent; }
QLabel:disabled { color: $disabled; }
QLabel[role="page"] { background: transparent; font-size: 20px; font-weight: 600; }
QLabel[role="metric"] { font-size: 17px; font-weight: 600; }
QLabel[role="title"] { font-size: 15px; font-weight: 600; }
QLabel[role="section"] { font-size: 13px; font-weight: 600; }
QLabel[role="label"] { color: $text2; }
QLabel[role="secondary"] { font-size: 12px; color: $text2; }
QLabel[role="caption"] { font-size: 12px; color: $muted; }
QLabel[role="note"] { font-size: 11px; color: $muted; }
QLabel[role="error"] { font-size: 12px; color: $error; }
QLabel[role="caution"] { font-size: 12px; color: $caution; }
QLabel[role="good"] { font-size: 12px; color: $good; }
QLabel[role="accent"] { font-size: 12px; color: $accent; }
QLabel[strong="true"] { font-weight: 600; }
QLabel[role="key"] { font-size: 11px; color: $text2; border: 1px solid $border; border-radius: 3px;
  padding: 0 5px; }
QLabel[role="tag"] { font-size: 11px; font-weight: 600; border-radius: 3px; }
"""

_BUTTONS = """
QPushButton { background: $panel; color: $text; border: 1px solid $strong; border-radius: 4px;
  padding: 0 12px; min-height: 26px; max-height: 26px; font-weight: 500; outline: none; }
QPushButton:hover, QPushButton:pressed, QPushButton:checked { background: $hover; }
QPushButton:disabled { background: $panel; color: $disabled; border-color: $border; }
QPushButton[small="true"] { min-height: 22px; max-height: 22px; padding: 0 8px; font-size: 12px; }
QToolBar QPushButton { min-height: 28px; max-height: 28px; padding: 0 12px; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent;
  font-weight: 600; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:pressed { background: $accent_pressed; border-color: $accent_pressed; }
QPushButton[role="primary"]:disabled { background: $panel; color: $disabled; border-color: $border;
  font-weight: 500; }
QPushButton[role="tint"] { background: $accent_tint; color: $accent; border-color: $accent_tint;
  font-weight: 600; }
QPushButton[role="tint"]:hover { border-color: $accent; }
QPushButton[role="text"], QPushButton[role="quiet"] { background: transparent; color: $accent;
  border-color: transparent; padding: 0 6px; }
QPushButton[role="quiet"] { color: $text2; }
QPushButton[role="text"]:hover, QPushButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="text"]:disabled, QPushButton[role="quiet"]:disabled { color: $disabled; }
QPushButton[role="danger"] { color: $error; border-color: $error; }
QPushButton[role="danger"]:hover { background: $error_tint; }
QPushButton[role="danger"]:disabled { color: $disabled; border-color: $border; }
QPushButton[role="busy"], QPushButton[role="busy"]:disabled { background: $sunken; color: $text2;
  border-color: $border; }
QPushButton::menu-indicator { width: 0; image: none; }
QToolButton { background: transparent; border: none; border-radius: 4px; padding: 0; }
QToolButton[role="icon"] { min-width: 24px; max-width: 24px; min-height: 24px; max-height: 24px; }
QToolBar > QToolButton { min-width: 28px; max-width: 28px; min-height: 28px; max-height: 28px; }
QToolButton:hover, QToolButton:pressed, QToolButton:checked { background: $hover; }
QToolButton:disabled { background: transparent; color: $disabled; }
QToolButton::menu-indicator { image: none; }
QFrame[role="segments"] { background: transparent; border: 1px solid $strong; border-radius: 4px; }
QToolButton[role="segment"] { color: $text2; font-size: 12px; padding: 0 4px; min-height: 22px;
  max-height: 22px; border-radius: 0; border-right: 1px solid $border; }
QToolButton[role="segment"][end="last"] { border-right: none; }
QToolButton[role="segment"][end="first"] { border-top-left-radius: 3px; border-bottom-left-radius: 3px; }
QToolButton[role="segment"][end="last"] { border-top-right-radius: 3px; border-bottom-right-radius: 3px; }
QToolButton[role="segment"]:checked { background: $accent_tint; color: $accent; font-weight: 600; }
QToolButton[role="segment"]:disabled { color: $disabled; }
"""

_FIELDS = """
QLineEdit, QAbstractSpinBox, QComboBox, QPlainTextEdit, QTextEdit { background: $panel; color: $text;
  border: 1px solid $strong; border-radius: 4px; placeholder-text-color: $muted; }
QLineEdit, QAbstractSpinBox, QPlainTextEdit, QTextEdit { selection-background-color: $accent;
  selection-color: $on_accent; }
QLineEdit, QAbstractSpinBox { min-height: 24px; max-height: 24px; }
QLineEdit { padding: 0 0 0 6px; }
QComboBox { min-height: 24px; max-height: 24px; padding: 0 0 0 8px; }
QAbstractSpinBox QLineEdit, QComboBox QLineEdit { border: none; background: transparent;
  padding: 0; min-height: 0; }
QToolBar QComboBox { min-height: 28px; max-height: 28px; }
QToolBar[role="tabs"] QComboBox { min-height: 24px; max-height: 24px; font-size: 12px; }
QLineEdit:disabled, QAbstractSpinBox:disabled, QComboBox:disabled { color: $disabled;
  border-color: $border; background: $panel; }
QLineEdit[state="changed"], QAbstractSpinBox[state="changed"], QComboBox[state="changed"] {
  border-color: $accent; }
QLineEdit[state="invalid"], QAbstractSpinBox[state="invalid"], QComboBox[state="invalid"] {
  border-color: $error; }
QLineEdit[state="locked"], QAbstractSpinBox[state="locked"], QComboBox[state="locked"] {
  background: $sunken; color: $muted; border-color: $border; }
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button { subcontrol-origin: border; border: none;
  background: transparent; width: 20px; height: 13px; }
QAbstractSpinBox::up-button { subcontrol-position: top right; }
QAbstractSpinBox::down-button { subcontrol-position: bottom right; }
QAbstractSpinBox::up-arrow { image: url("$spin_up"); width: 12px; height: 12px; position: relative;
  top: 2px; }
QAbstractSpinBox::down-arrow { image: url("$spin_down"); width: 12px; height: 12px; position: relative;
  bottom: 2px; }
QAbstractSpinBox::up-arrow:hover { image: url("$spin_up_hover"); }
QAbstractSpinBox::down-arrow:hover { image: url("$spin_down_hover"); }
QAbstractSpinBox::up-arrow:off, QAbstractSpinBox::up-arrow:disabled { image: url("$spin_up_off"); }
QAbstractSpinBox::down-arrow:off, QAbstractSpinBox::down-arrow:disabled { image: url("$spin_down_off"); }
QAbstractSpinBox[state="locked"]::up-arrow, QAbstractSpinBox[state="locked"]::down-arrow,
QAbstractSpinBox[state="invalid"]::up-arrow, QAbstractSpinBox[state="invalid"]::down-arrow { image: none; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; border: none;
  background: transparent; width: 28px; }
QComboBox::down-arrow { image: url("$combo"); width: 16px; height: 16px; }
QComboBox::down-arrow:disabled { image: url("$combo_off"); }
QComboBox[state="locked"]::down-arrow, QComboBox[state="invalid"]::down-arrow { image: none; }
QComboBox QAbstractItemView { background: $panel; border: 1px solid $strong; padding: 3px; outline: none;
  selection-background-color: $accent_tint; selection-color: $text; }
QComboBox { combobox-popup: 0; }
QComboBox QAbstractItemView::item { min-height: 26px; padding: 0 6px; border-radius: 3px; }
"""

_CHOICES = """
QCheckBox { color: $text2; font-size: 12px; spacing: 6px; min-height: 24px; }
QRadioButton { spacing: 7px; min-height: 24px; }
QCheckBox:disabled, QRadioButton:disabled { color: $disabled; }
QCheckBox::indicator, QAbstractItemView::indicator, QGroupBox::indicator { width: 14px; height: 14px;
  background: $panel; border: 1px solid $strong; border-radius: 3px; }
QCheckBox::indicator:checked, QAbstractItemView::indicator:checked { background: $accent;
  border-color: $accent; image: url("$check"); }
QCheckBox::indicator:indeterminate { background: $accent; border-color: $accent; image: url("$dash"); }
QCheckBox::indicator:disabled { border-color: $border; background: $sunken; image: none; }
QCheckBox::indicator:checked:disabled { image: url("$check_off"); }
QRadioButton::indicator { width: 14px; height: 14px; background: $panel; border: 1px solid $strong;
  border-radius: 8px; }
QRadioButton::indicator:checked { width: 6px; height: 6px; border: 5px solid $accent;
  background: $on_accent; }
QRadioButton::indicator:disabled { border-color: $border; background: $sunken; }
QSlider { min-height: 24px; background: transparent; }
QSlider::groove:horizontal { height: 2px; background: $border; }
QSlider::sub-page:horizontal { height: 2px; background: $accent; }
QSlider::sub-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal { width: 8px; height: 8px; margin: -5px 0; border-radius: 6px;
  border: 2px solid $accent; background: $panel; }
QSlider::handle:horizontal:hover { background: $accent_tint; }
QSlider::handle:horizontal:disabled { border-color: $disabled; background: $panel; }
QProgressBar { background: $hover; border: none; min-height: 6px; max-height: 6px; }
QProgressBar::chunk { background: $accent; }
"""

_VIEWS = """
QAbstractItemView { background: $panel; border: none; outline: none; color: $text;
  selection-background-color: $accent_tint; selection-color: $text; alternate-background-color: $sunken; }
QTableView, QTreeView, QListView { font-size: 12px; }
QTableView { gridline-color: $border; }
QTableView::item { padding: 0 8px; border-bottom: 1px solid $border; }
QTableView[dense="true"]::item { padding: 0 3px; }
QTableView::item:hover, QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTableView::item:selected, QTreeView::item:selected, QListView::item:selected {
  background: $accent_tint; color: $text; }
QTreeView::item, QListView::item { min-height: 24px; }
QTreeView::branch { background: transparent; }
QTreeView::branch:has-children:closed { image: url("$branch_closed"); }
QTreeView::branch:has-children:open { image: url("$branch_open"); }
QHeaderView { background: $panel; border: none; font-size: 12px; }
QHeaderView::section { background: $panel; color: $text2; font-weight: 600; border: none;
  border-bottom: 1px solid $border; padding: 0 8px; min-height: 27px; }
QHeaderView::section:hover { color: $text; }
QHeaderView[plain="true"]::section { border: none; font-weight: 400; }
QHeaderView::up-arrow { image: url("$spin_up"); width: 12px; height: 12px; }
QHeaderView::down-arrow { image: url("$spin_down"); width: 12px; height: 12px; }
QTableCornerButton::section { background: $panel; border: none; }
QScrollBar { background: transparent; border: none; }
QScrollBar:vertical { width: 10px; margin: 0; }
QScrollBar:horizontal { height: 10px; margin: 0; }
QScrollBar::handle { background: $scroll; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 24px; }
QScrollBar::handle:horizontal { min-width: 24px; }
QScrollBar::handle:hover, QScrollBar::handle:pressed { background: $strong; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
"""

_POPUPS = """
QMenu { background: $panel; border: 1px solid $strong; padding: 4px; }
QMenu::item { padding: 0 12px 0 8px; min-height: 26px; border-radius: 3px; background: transparent; }
QMenu::item:selected { background: $accent_tint; color: $text; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: 4px 0; }
QMenu::icon { padding-left: 8px; }
QMenu::indicator { width: 16px; height: 16px; padding-left: 6px; }
QMenu::indicator:checked { image: url("$tick"); }
QMenu::right-arrow { image: url("$branch_closed"); width: 16px; height: 16px; }
QToolTip { background: $panel; color: $text2; border: 1px solid $strong; padding: 2px 4px;
  font-size: 12px; }
QDialog { background: $panel; }
QMessageBox QLabel { color: $text2; }
"""

# Small pictures that Qt style sheets can only take from files: variable -> (drawing, colour role).
PICTURES: dict[str, tuple[str, str]] = {
    "spin_up": ("controls/spin-up", "text2"),
    "spin_down": ("controls/spin-down", "text2"),
    "spin_up_hover": ("controls/spin-up", "accent"),
    "spin_down_hover": ("controls/spin-down", "accent"),
    "spin_up_off": ("controls/spin-up", "disabled"),
    "spin_down_off": ("controls/spin-down", "disabled"),
    "combo": ("ui/chevron-down", "text2"),
    "combo_off": ("ui/chevron-down", "disabled"),
    "check": ("controls/check", "on_accent"),
    "check_off": ("controls/check", "disabled"),
    "dash": ("controls/dash", "on_accent"),
    "tick": ("ui/check", "text2"),
    "branch_closed": ("ui/chevron-right", "text2"),
    "branch_open": ("ui/chevron-down", "text2"),
}

_TEMPLATE = Template(_SHELL + _FRAMES + _BUTTONS + _FIELDS + _CHOICES + _VIEWS + _POPUPS)


def stylesheet(tokens: Tokens, pictures: dict[str, str], zoom: float = 1.0) -> str:
    """The whole application's style sheet.

    Args:
        tokens: Colours.
        pictures: File for each name in ``PICTURES``, with forward slashes.
        zoom: Factor for every length; hairlines stay at least one pixel.
    """
    colours = {field.name: getattr(tokens, field.name) for field in fields(tokens)}
    derived = {
        "accent_hover": mix(tokens.accent, tokens.text, 0.12),
        "accent_pressed": mix(tokens.accent, tokens.text, 0.24),
        "scroll": mix(tokens.border, tokens.strong, 0.45),
    }
    return scaled(_TEMPLATE.substitute(colours | derived | pictures), zoom)


def scaled(sheet: str, zoom: float) -> str:
    """``sheet`` with every ``Npx`` multiplied by ``zoom`` and rounded; a radius is rounded down.

    Qt draws square corners where a radius is more than half of the side.
    """
    if zoom == 1.0:
        return sheet

    def length(found: re.Match[str]) -> str:
        exact = int(found[2]) * zoom
        return f"{found[1]}{math.floor(exact) if found[1] else round(exact)}px"

    return re.sub(r"(radius: |)(?<![\w/.-])(-?\d+)px", length, sheet)


def mix(first: str, second: str, share: float) -> str:
    """The colour ``share`` of the way from ``first`` to ``second`` (``#RRGGBB``, in sRGB)."""
    from nnstudio.gui.look.tokens import channels

    pairs = zip(channels(first), channels(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)
