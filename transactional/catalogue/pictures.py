"""Whether bytes are a picture that can be shown: judged by content, never by name or header."""

import struct
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, UnidentifiedImageError

from transactional.errors import RefusedError

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "GIF": "image/gif",
}
LARGEST_BYTES = 5_000_000
SHORTEST_SIDE_PX = 32
LONGEST_SIDE_PX = 10_000
# Decoded it takes four bytes each: a small file may not unpack to gigabytes.
MOST_PIXELS = 25_000_000
DECODING_ERRORS = (OSError, SyntaxError, ValueError, EOFError, struct.error)


class PictureRefusedError(RefusedError):
    """Only JPEG, PNG, WebP and GIF pictures of 32 to 10,000 pixels a side are shown."""

    code = "picture_refused"


@dataclass(frozen=True, slots=True)
class Picture:
    media_type: str
    size_bytes: int
    width_px: int
    height_px: int


def inspect(body: bytes) -> Picture:
    """Raises PictureRefusedError; the size is judged before anything is decoded."""
    try:
        with Image.open(BytesIO(body), formats=tuple(MEDIA_TYPES)) as image:
            _demand_bearable(image.width, image.height)
            image.load()
            kind, width, height = str(image.format), image.width, image.height
    except UnidentifiedImageError as error:
        raise PictureRefusedError("is no JPEG, PNG, WebP or GIF picture") from error
    except Image.DecompressionBombError as error:
        raise PictureRefusedError(f"has more than {MOST_PIXELS} pixels") from error
    except DECODING_ERRORS as error:
        raise PictureRefusedError(f"cannot be decoded: {error}"[:200]) from error
    return Picture(MEDIA_TYPES[kind], len(body), width, height)


def _demand_bearable(width: int, height: int) -> None:
    if not SHORTEST_SIDE_PX <= min(width, height) <= max(width, height) <= LONGEST_SIDE_PX:
        bounds = f"{SHORTEST_SIDE_PX} to {LONGEST_SIDE_PX} pixels a side"
        raise PictureRefusedError(f"is {width} × {height} pixels; wanted: {bounds}")
    if width * height > MOST_PIXELS:
        raise PictureRefusedError(f"has more than {MOST_PIXELS} pixels")
