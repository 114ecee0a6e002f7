"""Pixels to PNG, quickly, with the same bytes for the same pixels.

Pillow and `savefig` try five filters a row and choose; drawn figures are flat areas, on which the filter "up" (each row
minus the one above) alone comes as small as Pillow's in a third of the time. No time, no software name, no text chunk:
equal pixels give equal bytes.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image

Pixels = npt.NDArray[np.uint8]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = 2
_LEVEL = 1  # 6 takes two and a half times as long for 13 % less


def encode(pixels: Pixels) -> bytes:
    """Encode an opaque image as PNG (ISO/IEC 15948), 8 bits a channel.

    Parameters
    ----------
    pixels : array of shape (height, width, 4), red, green, blue, alpha, one after the other in memory
    """
    height, width, _ = pixels.shape
    # Pillow leaves out the alpha in a third of the time of NumPy's copy.
    opaque = Image.frombuffer("RGBA", (width, height), pixels, "raw", "RGBA", 0, 1).convert("RGB")
    rows = np.asarray(opaque).reshape(height, width * 3)
    lines = np.empty((height, 1 + width * 3), dtype=np.uint8)
    lines[:, 0] = _UP
    lines[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=lines[1:, 1:])  # wraps at 256, as the standard says
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"".join(
        [_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(lines.data, _LEVEL)), _chunk(b"IEND", b"")]
    )


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(body, zlib.crc32(kind)))
