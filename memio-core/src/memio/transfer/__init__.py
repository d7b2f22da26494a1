"""Moving data between backends: into a file, out of a file, and from store to store.

`docs/moving-data.md` describes the file, and what happens when a transfer is interrupted.
"""

from memio.transfer._comparing import Difference, Moved, Side
from memio.transfer._export import Exported, export
from memio.transfer._losses import Finding, Loss, LossError
from memio.transfer._move import Transfer, copy, import_
from memio.transfer._progress import Announce, Intent, Listener, Progress
from memio.transfer.file.format import FORMAT, VERSION, ExportFileError

__all__ = [
    "FORMAT",
    "VERSION",
    "Announce",
    "Difference",
    "ExportFileError",
    "Exported",
    "Finding",
    "Intent",
    "Listener",
    "Loss",
    "LossError",
    "Moved",
    "Progress",
    "Side",
    "Transfer",
    "copy",
    "export",
    "import_",
]
