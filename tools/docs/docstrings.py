"""An extension of griffe, which reads the docstrings for the site: `Example:` is a section of examples, too.

Griffe knows `Examples:` only. It would take the other for a remark, and the code in it for text.
"""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object


class OneExample(Extension):
    """Lets a docstring with a single example say so."""

    def on_object(self, *, obj: Object, **more: Any) -> None:  # noqa: ARG002  # griffe passes what this does not need
        """Look at one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)
