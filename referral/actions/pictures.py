"""Pictures from phones are made anew: small, upright, and without what the camera wrote beside them."""

import base64
import binascii
import io
import uuid
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError
from sqlalchemy.orm import Session

from models import PictureKind, Visit, VisitPicture
from models.errors import DomainError

LONGEST = {PictureKind.PHOTO: 1280, PictureKind.SIGNATURE: 600}
"""Pixels of the longer side."""
MOST_PIXELS = 40_000_000
MOST_BYTES = 12_000_000
FORMATS = ("JPEG", "PNG", "WEBP")


class NotAPicture(DomainError):
    """The file is no picture that we can read."""

    code = "not_a_picture"


@dataclass(frozen=True)
class Remade:
    """A picture of our own making."""

    data: bytes
    width: int
    height: int


def remake(data: bytes, kind: PictureKind) -> Remade:
    """Return the picture drawn anew from its pixels: position, camera and time of the original are not in it.

    Raises NotAPicture for what is none, is too large, or was made to blow up on opening.
    """
    if len(data) > MOST_BYTES:
        raise NotAPicture
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as found:
            if found.width * found.height > MOST_PIXELS:
                raise NotAPicture
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((LONGEST[kind], LONGEST[kind]))
            flat = Image.new("RGB", upright.size, "white")
            seen = upright.convert("RGBA")
            flat.paste(seen, mask=seen.getchannel("A"))
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise NotAPicture from None
    out = io.BytesIO()
    if kind is PictureKind.SIGNATURE:
        flat.convert("L").quantize(4).save(out, "PNG", optimize=True)
    else:
        flat.save(out, "JPEG", quality=72, optimize=True)
    return Remade(out.getvalue(), flat.width, flat.height)


def from_address(text: str) -> bytes:
    """Return the bytes of a data: address as a canvas gives it; raises NotAPicture for anything else."""
    head, comma, body = text.partition(",")
    if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
        raise NotAPicture
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise NotAPicture from None


def keep(session: Session, visit: Visit, picture: Remade, kind: PictureKind) -> uuid.UUID:
    """Keep a picture of a visit, sealed, and return its key."""
    kept = VisitPicture(
        visit_id=visit.id,
        kind=kind,
        image=base64.b64encode(picture.data).decode(),
        width=picture.width,
        height=picture.height,
    )
    session.add(kept)
    session.flush()
    return kept.id
