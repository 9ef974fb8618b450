"""Help on a spec class, from its docstring."""

from __future__ import annotations

import inspect
import re
from html import escape


def docstring_html(cls: type) -> str:
    """The class's docstring as the rich text of a help bubble: paragraphs, and code as it stands."""
    parts = [f"<b>{escape(cls.__name__)}</b>"]
    code_follows = False
    for block in re.split(r"\n\s*\n", inspect.cleandoc(cls.__doc__ or "")):
        if block.startswith((" ", "====")) or code_follows:
            rows = (line for line in block.splitlines() if not re.fullmatch(r"[=\s]+", line))
            parts.append(f"<pre>{escape(chr(10).join(rows))}</pre>")
        else:
            words = escape(" ".join(block.removesuffix("::").split()))
            parts.append("<p>" + re.sub(r"``(.+?)``", r"<code>\1</code>", words).replace("`", "") + "</p>")
        code_follows = block.endswith("::")
    return "".join(parts)
