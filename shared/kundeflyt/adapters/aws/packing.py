"""Plans in few bytes: a kilobyte is what DynamoDB charges as one unit, and a plan in plain JSON is three of them.

JSON, deflated with a dictionary of what plans mostly consist of (their fields and our own texts). A dictionary is
needed for as long as plans packed with it are kept: one that has been used is never changed, a better one gets a new
number beside it. The first byte of what is packed says which it was.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

NEWEST: Final = 1
_RAW: Final = -15
_BEST: Final = 9


def packed(values: Mapping[str, Any]) -> bytes:
    """Plain values in few bytes."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    deflater = zlib.compressobj(_BEST, zlib.DEFLATED, _RAW, _BEST, zdict=_dictionary(NEWEST))
    return bytes([NEWEST]) + deflater.compress(text) + deflater.flush()


def unpacked(content: bytes) -> Any:
    """The plain values again; raises FileNotFoundError where their dictionary is gone."""
    inflater = zlib.decompressobj(_RAW, zdict=_dictionary(content[0]))
    return json.loads(inflater.decompress(content[1:]) + inflater.flush())


@cache
def _dictionary(number: int) -> bytes:
    return (Path(__file__).parent / f"packing_{number}.txt").read_bytes()
