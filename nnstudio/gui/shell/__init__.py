"""What surrounds the pages: menus, toolbar, tabs, side panels, status bar, messages."""
