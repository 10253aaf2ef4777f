"""Runs the chat: the address, the settings that keep it closed, and a clean end."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import socket
import sys
import threading
import time
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NoReturn

from qa.errors import QAError
from qa.files import MEGABYTE
from qa.output.terminal import echo
from qa.types import Request
from qa.web.server import logs
from qa.web.server.auth import Login
from qa.web.server.memory import forgetting
from qa.web.ui.test_cases import without_cases_in_public

if TYPE_CHECKING:
    from qa.pipeline import QA
    from qa.settings import Settings

_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 -- a Space is reached from outside its container
_SESSIONS_KEPT = 200  # that Gradio remembers something about, some 100 kB each; each call of an endpoint is one
_THIS_COMPUTER = "127.0.0.1,::1"
PROXIES = f"{_THIS_COMPUTER},10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
"""Where the proxies of a Space are; what they say of whom a request comes from is believed."""

_BIND_PROBLEMS = {
    errno.EADDRINUSE: "the port is already in use; stop the program that uses it, or choose another port with --port",
    errno.EACCES: "permission denied; choose a port above 1023 with --port",
    errno.EADDRNOTAVAIL: "not an address of this computer; use 127.0.0.1 (this computer) or 0.0.0.0 (every network)",
}


def serve(bot: QA, host: str | None = None, port: int | None = None) -> None:
    """Run the chat until Ctrl-C or SIGTERM. A process that does nothing else should `begin` before, and `end` then.

    Parameters
    ----------
    bot : QA
    host : str, optional
        Address to listen on. Default: QA_HOST, else GRADIO_SERVER_NAME, else every address on a Hugging Face Space and
        127.0.0.1 elsewhere.
    port : int, optional
        Port to listen on, 0 for a free one. Default: QA_PORT, else GRADIO_SERVER_PORT, else 7860.

    Raises
    ------
    QAError
        If the address cannot be listened on, or the login that is set cannot be read.
    """
    settings = bot.settings
    logs.install()
    login = Login.from_settings(settings)
    host, port = address(settings, host, port)
    bot.settings = without_cases_in_public(settings, host_names(settings, host))
    free_port(host, port)  # says at once that it is in use
    # A follow-up loads the models and the lexicon that it is read by, so that no visitor waits for them.
    bot.ask_many([Request("Who said that?", ["Why did the bridge fall?"])])
    _reach_directly(host)

    from starlette.middleware import Middleware

    from qa.web.libraries import Visitors
    from qa.web.server.downloads import forbid_downloads
    from qa.web.server.mcp import serve_tools
    from qa.web.server.middleware import RequestFilter, RequestLimits
    from qa.web.server.rate_limit import RateLimiter
    from qa.web.server.request_bodies import Bodies
    from qa.web.server.uploads import UploadQuota
    from qa.web.ui.assets import STYLES
    from qa.web.ui.page import build
    from qa.web.ui.theme import theme

    # What ends a service or a container sends this: as with Ctrl-C, what was uploaded is to be deleted then.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with TemporaryDirectory(prefix="cited-qa-") as uploads:
        os.environ["GRADIO_TEMP_DIR"] = uploads
        forbid_downloads()
        visitors = Visitors(bot)
        page = build(bot, visitors)
        upload_bytes = round(settings.per_visitor_mb * MEGABYTE)
        limits = RequestLimits(
            upload_bytes=upload_bytes,
            uploads=UploadQuota(Path(uploads), 2 * upload_bytes, round(settings.total_visitor_mb * MEGABYTE)),
            bodies=Bodies(page),
            requests=RateLimiter(
                "requests", settings.per_visitor_requests_per_minute, settings.total_requests_per_minute
            ),
            host_names=host_names(settings, host),
            login=login,
        )
        try:
            # Gradio announces its MCP server even when quiet.
            with redirect_stdout(StringIO()):
                page.launch(
                    server_name=f"[{host}]" if ":" in host else host,
                    server_port=free_port(host, port),
                    app_kwargs={"middleware": [Middleware(RequestFilter, limits)], "lifespan": forgetting(page)},
                    theme=theme(),
                    css_paths=list(STYLES),
                    footer_links=["api"],
                    allowed_paths=[],
                    blocked_paths=["/"],
                    max_file_size=limits.upload_bytes,
                    strict_cors=True,
                    show_error=False,
                    state_session_capacity=_SESSIONS_KEPT,
                    enable_monitoring=False,
                    run_history=False,
                    share=False,
                    ssr_mode=False,
                    pwa=False,
                    mcp_server=True,
                    inline=False,
                    quiet=True,
                    prevent_thread_lock=True,
                )
        except OSError:
            raise QAError(f"cannot listen on port {port} of {host}: {_BIND_PROBLEMS[errno.EADDRINUSE]}") from None
        serve_tools(page, login)
        tools = f"MCP tools at {page.local_url}gradio_api/mcp/"
        echo(f"Cited QA is running at {page.local_url} (press Ctrl-C to stop), {tools}{_ready()}")
        with suppress(KeyboardInterrupt):
            while page.server.thread.is_alive():
                page.server.thread.join(timeout=1)
                visitors.sweep()
        page.close(verbose=False)


def end() -> NoReturn:
    """End the process that served, with status 0.

    Threads may still be answering somebody. To take the interpreter down under them would abort the process, or print
    that they can do nothing any more.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def address(settings: Settings, host: str | None = None, port: int | None = None) -> tuple[str, int]:
    """Return the host and port to listen on; see `serve`.

    Raises
    ------
    QAError
        If GRADIO_SERVER_PORT is not a number.
    """
    on_space = os.environ.get("SYSTEM") == "spaces"
    if host is None and "host" not in settings.model_fields_set:
        host = os.environ.get("GRADIO_SERVER_NAME") or (_EVERY_ADDRESS if on_space else None)
    given = os.environ.get("GRADIO_SERVER_PORT", "")
    if given and not given.isdecimal():
        raise QAError(f"GRADIO_SERVER_PORT={given}: it must be a number from 0 to 65535")
    if port is None and given and "port" not in settings.model_fields_set:
        port = int(given)
    return host or settings.host, settings.port if port is None else port


def host_names(settings: Settings, host: str) -> frozenset[str] | None:
    """Return the names by which a server on `host` may be addressed: where it is reached from outside, any (None).

    Where it listens on this computer alone, another name than this computer's is a proxy's, which QA_HOST_NAMES tells,
    or that of a site that hopes to read the articles by a visitor's browser.
    """
    try:
        inside = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        inside = False
    told = {name.strip().lower() for name in settings.host_names.split(",") if name.strip()}
    return frozenset({"localhost", "127.0.0.1", "::1", host.strip("[]"), *told}) if inside else None


def free_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0, after making sure that it can be listened on.

    Raises
    ------
    QAError
        If it cannot; says why and what to do.
    """
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            return int(probe.getsockname()[1])
    except OSError as error:
        problem = _BIND_PROBLEMS.get(error.errno or 0, error.strerror or str(error))
        raise QAError(f"cannot listen on port {port} of {host}: {problem}") from None
    except OverflowError:
        raise QAError(f"cannot listen on port {port}: it must be from 0 to 65535") from None


def _ready() -> str:
    """Return how long this process took so far, where the system tells."""
    try:
        # Behind the name in parentheses, which may hold anything, the twentieth field is the start in clock ticks.
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return ""
    return f"; ready in {seconds:.1f} s"


def _reach_directly(host: str) -> None:
    """Keep Gradio's check of its own address away from a proxy; say which proxies are believed whom they speak for."""
    os.environ.setdefault("FORWARDED_ALLOW_IPS", PROXIES if os.environ.get("SYSTEM") == "spaces" else _THIS_COMPUTER)
    for name in ("no_proxy", "NO_PROXY"):
        known = os.environ.get(name, "")
        os.environ[name] = ",".join(filter(None, [known, "localhost", host.strip("[]")]))
