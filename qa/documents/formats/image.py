"""Image reader, by text recognition."""

from __future__ import annotations

import io
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from qa.documents.formats.article import Article, load_error, parsing
from qa.documents.formats.pdf.boxes import PageBoxes, PrintedPage, recognised_boxes
from qa.documents.formats.pdf.reader import article_of
from qa.documents.formats.recognition import INSTALL, POINTS_PER_INCH, Recogniser, languages

if TYPE_CHECKING:
    from PIL.Image import Image

    from qa.types import Document

_FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
_MAX_PIXELS = 50_000_000
_PAGE_PIXELS = 6_000_000  # of a page at 250 dpi
_UNSCALED = (0.8, 1.25)  # scale factors that are not applied
_MAX_SCALE = 3.0
_PAGE_INCHES = 8.5  # assumed width of a picture
_MAX_DARK_MEAN = 100  # mean grey value of a picture that is light on dark
_VALUES_PER_GREY = 256  # of 16 bits for each of 8 bits
_DAMAGED = "is damaged or not an image", "save it again, as .png"


def read_image(data: bytes, source: str) -> Article:
    """Return the text of a scan, photograph or screenshot; each image of a TIFF file is a page."""
    if not languages():
        raise load_error(source, "is an image, and text recognition is not installed", f"install it: {INSTALL}")
    with parsing(source, *_DAMAGED), closing(Recogniser()) as recogniser:
        pages = [
            recogniser.page(number, partial(_prepare, frame))
            for number, frame in enumerate(_frames(data, source), start=1)
        ]
        paged = len(pages) > 1
        notes = recogniser.notes(paged=paged)
        if not any(pages):
            raise load_error(source, "has no text that could be recognised", "leave it out, or use a sharper image")
        article = article_of(pages, "")
    spans = recogniser.spans(article)
    starts = article.page_starts if paged else ()
    return replace(article, page_starts=starts, notes=(*notes, *article.notes), recognised=spans)


def image_page(data: bytes, document: Document, start: int, end: int, width: int) -> PrintedPage:
    """Return the image that a span starts on, at most `width` pixels wide, with the span's boxes."""
    from PIL import ImageOps

    page = document.page_at(start) or 1
    first, after = [*(document.page_starts or (0,)), len(document.text)][page - 1 : page + 1]
    with parsing(document.source, *_DAMAGED), closing(_frames(data, document.source)) as frames:
        frame = next(islice(frames, page - 1, None))
        shown = _flatten(ImageOps.exif_transpose(frame), "RGB")
        shown.thumbnail((width, _MAX_PIXELS // width))
        picture = io.BytesIO()
        shown.save(picture, "PNG")
        prepared, resolution = _prepare(frame)
        text, end = document.text[first:after], min(end, after)
        boxes = recognised_boxes(lambda: (prepared, resolution), text, start - first, end - first)
        points = POINTS_PER_INCH / resolution
        location = PageBoxes(page, points * prepared.width, points * prepared.height, boxes)
        return PrintedPage(location, picture.getvalue())


def _frames(data: bytes, source: str) -> Generator[Image, None, None]:
    from PIL import Image, ImageSequence

    too_large = f"has more than {_MAX_PIXELS:,} pixels"
    try:
        image = Image.open(io.BytesIO(data), formats=_FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise load_error(source, too_large, "make it smaller") from error
    with closing(image):
        for frame in ImageSequence.Iterator(image) if image.format == "TIFF" else [image]:
            if frame.width * frame.height > _MAX_PIXELS:
                raise load_error(source, too_large, "make it smaller")
            yield frame


def _prepare(image: Image) -> tuple[Image, float]:
    """Return an image in grey, dark on light, upright and of page size, and its pixels per inch."""
    from PIL import ImageOps, ImageStat

    scale = min((_PAGE_PIXELS / (image.width * image.height)) ** 0.5, _MAX_SCALE)
    size = (max(round(scale * image.width), 1), max(round(scale * image.height), 1))
    image.draft("L", size)  # decodes a JPEG at about that size
    grey = _flatten(ImageOps.exif_transpose(image), "L")
    scale = min((_PAGE_PIXELS / (grey.width * grey.height)) ** 0.5, _MAX_SCALE)
    if not _UNSCALED[0] < scale < _UNSCALED[1]:
        grey = grey.resize((max(round(scale * grey.width), 1), max(round(scale * grey.height), 1)))
    if ImageStat.Stat(grey).mean[0] < _MAX_DARK_MEAN:
        grey = ImageOps.invert(grey)
    return grey, grey.width / _PAGE_INCHES


def _flatten(image: Image, mode: str) -> Image:
    """Return an 8-bit image on a white background."""
    from PIL import Image

    if image.mode.startswith("I"):
        image = image.point(lambda value: value / _VALUES_PER_GREY).convert("L")
    if image.has_transparency_data:
        shown = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown)
    return image.convert(mode)
