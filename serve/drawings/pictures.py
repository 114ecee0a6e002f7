"""Which picture belongs to an answer: one from a folder, a flower drawn to scale, or none."""

from __future__ import annotations

import base64
import io
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from PIL import Image, ImageOps

from seedbed.columns.schema import Kind, is_gap
from seedbed.errors import BadInput
from serve.drawings.flower import Measures, draw_flower
from serve.drawings.markup import render
from serve.model.card import Card, Cell

_KINDS = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_SIZE = 480  # pixels: larger ones would be sent at every key


@dataclass(frozen=True)
class Gallery:
    """Pictures from a folder, made small: as data addresses by the name of their file; `paths` are the files."""

    pictures: Mapping[str, str]
    paths: tuple[Path, ...]

    def find(self, label: str) -> Markup | None:
        """Return the picture of a class as an HTML element; None without one."""
        address = self.pictures.get(unicodedata.normalize("NFC", label)) or self.pictures.get(_normalize(label))
        return None if address is None else render("photo.html", address=address, label=label)


def draw_picture(card: Card, predicted: str, values: Sequence[Cell], gallery: Gallery | None = None) -> Markup:
    """Return the picture of the class `predicted`: from the gallery, else a flower of `values`, else nothing."""
    if gallery is not None and (photo := gallery.find(predicted)) is not None:
        return photo
    if card.drawing != "flower" or card.flower is None:
        return Markup()
    position = card.classes.index(predicted)
    typed = dict(zip(card.columns, values, strict=True))
    sizes = {part: typed[card.flower[part]] for part in Measures.__dataclass_fields__}
    if any(is_gap(size, Kind.NUMBER) for size in sizes.values()):
        return Markup()
    measures = Measures(**sizes)  # type: ignore[arg-type]
    units = {feature.unit for feature in card.features}
    return draw_flower(measures, variety=predicted, position=position, unit=units.pop() if len(units) == 1 else "")


def read_gallery(folder: Path) -> Gallery:
    """Return the pictures in `folder`, whatever case and separators their names have.

    BadInput if there is no such folder, no picture in it, or one that cannot be read.
    """
    if not folder.is_dir():
        raise BadInput(f"pictures={folder} is not a folder; give one that holds a picture for each class.")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _KINDS and path.name[0] != ".")
    if not paths:
        raise BadInput(f"pictures={folder} holds no picture ({', '.join(_KINDS)}) named like a class.")
    pictures = {unicodedata.normalize("NFC", path.stem): _shrink(path) for path in paths}
    return Gallery({_normalize(name): address for name, address in pictures.items()} | pictures, tuple(paths))


def _shrink(path: Path) -> str:
    try:
        with Image.open(path) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadInput(f"The picture {path.name} cannot be read: {error}.") from error
    picture.thumbnail((_SIZE, _SIZE))
    data = io.BytesIO()
    picture.save(data, "WEBP", quality=82)
    return f"data:image/webp;base64,{base64.b64encode(data.getvalue()).decode('ascii')}"


def _normalize(name: str) -> str:
    """Return a name as it may be written in a file's: a class `a/b` has the picture `a_b.png`, but `A+` not `A.png`."""
    folded = unicodedata.normalize("NFC", name).casefold()
    return re.sub(r"""[\s_/\\:*?"<>|]+|(?<=\w)[-.](?=\w)""", "_", folded).strip("_")
