"""Pages that need nothing else: style and script inside, under a policy that lets nothing more run or load."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qa.evaluation.report.rows import script_json

_FOLDER = Path(__file__).parent / "templates"


def render(template: str, values: Mapping[str, Any]) -> bytes:
    """Return a template of this folder, filled in, as UTF-8.

    Parameters
    ----------
    template : str
        Name of a Jinja template.
    values : mapping of str to object
        What it shows; texts are escaped, `markupsafe.Markup` is not.
    """
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Half of a surrogate pair, which no UTF-8 file can hold, is shown by its number.
    return environment.get_template(template).render(values).encode("utf-8", "backslashreplace")


def scripted(style: str, script: str, data: object) -> dict[str, Any]:
    """Return what the head and the end of a page with a script are made of.

    Parameters
    ----------
    style, script : str
        Names of a CSS and a JavaScript file of this folder.
    data : object
        Put into the page as JSON, for the script.

    Returns
    -------
    dict
        "css", "script" and "data", to be placed inside their elements, and "policy", a Content-Security-Policy that
        allows this style and this script, no address, and no text as markup.
    """
    from markupsafe import Markup

    css, code = (_FOLDER.joinpath(name).read_text(encoding="utf-8") for name in (style, script))
    policy = [
        "default-src 'none'",
        f"style-src '{_hash(css)}'",
        f"script-src '{_hash(code)}'",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ]
    parts = {"css": css, "script": code, "data": script_json(data)}
    ours = {name: Markup(part) for name, part in parts.items()}  # noqa: S704 -- our files, and JSON without markup
    return {"policy": "; ".join(policy), **ours}


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")
