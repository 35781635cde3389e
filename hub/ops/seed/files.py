"""The files of the seed, read as they are."""

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent


def rows_of(name: str) -> Any:
    """What a JSON file of this folder holds."""
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))
