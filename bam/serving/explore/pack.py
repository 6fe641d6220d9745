"""Numbers as text: the bytes of an array in base64, which JavaScript reads as a typed array."""

import base64
import json
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

WHOLE = (np.uint8, np.uint16, np.uint32)
Packed = dict[str, str]


def pack_whole(values: Int[Tensor, "*b"]) -> Packed:
    """Whole numbers from 0 on, in the smallest of 1, 2 and 4 bytes that holds them all."""
    largest = int(values.max()) if values.numel() else 0
    kind = next(kind for kind in WHOLE if largest <= np.iinfo(kind).max)
    return _pack(values.numpy().astype(kind))


def pack_days(values: Int[Tensor, "*b"]) -> Packed:
    """Days since 1970, which may be negative."""
    return _pack(values.numpy().astype(np.int32))


def pack_real(values: Float[Tensor, "*b"]) -> Packed:
    """Numbers in 4 bytes; NaN stays NaN."""
    return _pack(values.numpy().astype(np.float32))


def pack_radius(share: Float[Tensor, "*b"]) -> Packed:
    """Shares from 0 to 1 as round(255 sqrt(share)): the radius of a dot whose area is the share."""
    return _pack((255 * share.clamp(0, 1).sqrt()).round().to(torch.uint8).numpy())


def _pack(array: np.ndarray) -> Packed:
    little = array.astype(array.dtype.newbyteorder("<"))
    return {"type": array.dtype.name, "base64": base64.b64encode(little.tobytes()).decode()}


def json_in_html(content: Any) -> str:
    """JSON that no HTML parser takes for a tag: it has no `<`."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c")
