"""Keeps Gradio from fetching what a request names."""

from __future__ import annotations

from typing import NoReturn

_FETCHING = (
    "async_ssrf_protected_get",
    "async_ssrf_protected_download",
    "ssrf_protected_download",
    "save_url_to_cache",
    "unsafe_download",
)


def forbid_downloads() -> None:
    """Replace every function by which Gradio fetches a file of an address with one that refuses.

    Gradio fetches whatever is written as a file in an input, before an event's handler runs.
    `qa.web.server.request_bodies` lets no such input through; this is for one that would come by a way that is not
    known.

    Raises
    ------
    AttributeError
        If Gradio has no such function any more, so that what it fetches with has to be looked up anew.
    """
    from gradio import processing_utils

    for name in _FETCHING:
        getattr(processing_utils, name)
        setattr(processing_utils, name, _refuse)


def _refuse(*_: object, **__: object) -> NoReturn:
    raise ValueError("downloads are disabled")
