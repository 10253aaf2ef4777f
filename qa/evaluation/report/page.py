"""Self-contained pages, under a policy that lets nothing but their own style and script load or run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from qa.evaluation.report.rows import script_json
from qa.files import read_regular, write_file

if TYPE_CHECKING:
    import jinja2

_FOLDER = Path(__file__).parent / "templates"
_MAX_REPORT_BYTES = 2_000_000_000


def render(template: str, values: Mapping[str, Any]) -> bytes:
    """Render a Jinja template of this folder as UTF-8; texts are escaped, `markupsafe.Markup` is not."""
    # Single surrogates, which UTF-8 cannot encode, are shown by their numbers.
    return _templates().get_template(template).render(values).encode("utf-8", "backslashreplace")


@cache
def _templates() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def replace_sections(report: Path, sections: Mapping[str, object]) -> bool:
    """Render sections of a written report again; return whether the report exists and has all of them.

    The value of each section is given by the name of its template, which is also the name of the template's only
    variable and that in the comments around the section.

    Raises `OSError` if the report cannot be read or written.
    """
    if not report.exists():
        return False
    page = read_regular(report, _MAX_REPORT_BYTES)
    for name, value in sections.items():
        # Texts are escaped, and the JSON has no "<", so the comments are unique.
        before, start, rest = page.partition(f"<!-- {name} -->".encode())
        _, end, after = rest.partition(f"<!-- end of {name} -->".encode())
        if not start or not end:
            return False
        page = before + render(f"{name}.html", {name: value}).strip() + after
    write_file(report, page)
    return True


def assets(styles: Sequence[str], scripts: Sequence[str] = (), data: object = None) -> dict[str, Any]:
    """Return the style and script of a page, and a policy that allows nothing else to load or run.

    `styles` and `scripts` are files of this folder, and `data` becomes JSON for the script. The result has "css",
    "script" and "data", for inside their elements, and "policy", a Content-Security-Policy.
    """
    css, code = ("".join((_FOLDER / name).read_text(encoding="utf-8") for name in names) for names in (styles, scripts))
    policy = [
        "default-src 'none'",
        f"style-src '{_hash(css)}'",
        *([f"script-src '{_hash(code)}'"] if code else []),
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    parts = {"css": css, "script": code, "data": script_json(data)}
    trusted = {name: Markup(part) for name, part in parts.items()}  # noqa: S704 -- our files, and JSON without markup
    return {"policy": "; ".join(policy), **trusted}


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
