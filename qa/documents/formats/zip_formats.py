"""Checks of formats that are zip archives, before anything is unpacked."""

from __future__ import annotations

import io
import zipfile

from qa.documents.formats.parsed import load_error, parsing

_LARGEST_UNPACKED = 1_000_000_000  # bytes, pictures included
_LARGEST_MARKUP = 50_000_000  # bytes; a parsed tree takes many times as much memory
_MARKUP = (".xml", ".rels", ".opf", ".ncx", ".html", ".htm", ".xhtml")
_OLE_START = bytes.fromhex("D0CF11E0A1B11AE1")
_ENCRYPTED_CONTENT = "EncryptedPackage".encode("utf-16-le")  # the name of a stream in it
_ENCRYPTED = 0x1


def check_archive(data: bytes, source: str, kind: str, *, old_suffix: str = "", streamed: bool = False) -> None:
    """Refuse an archive that is damaged, encrypted, or would unpack to more than fits in memory.

    Parameters
    ----------
    data : bytes
        The whole file.
    source : str
        Path or name, for messages.
    kind : str
        What the file should be, for messages: "Word document".
    old_suffix : str
        Suffix of the older format, whose files start like encrypted ones.
    streamed : bool
        Whether its markup is read a piece at a time, so that it may be as large as all the rest.

    Raises
    ------
    LoadError
        If it is encrypted or damaged, or unpacks to more than 1,000 MB, or to more than 50 MB of markup.
    """
    if data.startswith(_OLE_START) and old_suffix:
        if _ENCRYPTED_CONTENT in data:
            raise load_error(source, "is encrypted", "remove the password")
        raise load_error(source, f"is an old {old_suffix} file", f"save it as {old_suffix}x in an office program")
    with (
        parsing(source, f"is damaged or not {kind}", "save or download it again"),
        zipfile.ZipFile(io.BytesIO(data)) as archive,
    ):
        entries = archive.infolist()
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise load_error(source, "is encrypted", "remove the password")
    unpacked = sum(entry.file_size for entry in entries)
    markup = sum(entry.file_size for entry in entries if entry.filename.lower().endswith(_MARKUP))
    largest_markup = _LARGEST_UNPACKED if streamed else _LARGEST_MARKUP
    for size, limit, what in ((unpacked, _LARGEST_UNPACKED, ""), (markup, largest_markup, " of markup")):
        if size > limit:
            raise load_error(
                source,
                f"unpacks to {size:,} bytes{what}, over the limit of {limit:,}",
                "remove its pictures, or save it as .txt",
            )
