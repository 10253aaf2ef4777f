"""Runs the chat: address, login, the settings that close Gradio's own entrances, and a clean exit."""

from __future__ import annotations

import errno
import ipaddress
import os
import signal
import socket
import threading
import time
from contextlib import redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.files import MEGABYTE
from qa.output.terminal import echo
from qa.types import Request
from qa.web.server import logs
from qa.web.server.auth import Login
from qa.web.ui.test_cases import without_cases_in_public

if TYPE_CHECKING:
    from qa.ingestion.watch import WatchedPaths
    from qa.pipeline import QA
    from qa.settings import Settings

_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 -- a Space is reached from outside its container
_MAX_SESSIONS = 200  # kept by Gradio, about 100 kB each; each call of an endpoint is one
_LOOPBACK = "127.0.0.1,::1"
TRUSTED_PROXIES = f"{_LOOPBACK},10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
"""Addresses of a Space's proxies, whose X-Forwarded-For is trusted."""

_BIND_PROBLEMS = {
    errno.EADDRINUSE: "the port is already in use; stop the program that uses it, or choose another port with --port",
    errno.EACCES: "permission denied; choose a port above 1023 with --port",
    errno.EADDRNOTAVAIL: "not an address of this computer; use 127.0.0.1 (this computer) or 0.0.0.0 (every network)",
}


def serve(bot: QA, host: str | None = None, port: int | None = None, watched: WatchedPaths | None = None) -> None:
    """Run the chat until Ctrl-C or SIGTERM. See also `qa.web.prepare_process` and `qa.web.exit_process`.

    Parameters
    ----------
    bot : QA
    host : str, optional
        Address to listen on. Default: QA_HOST, else GRADIO_SERVER_NAME, else all addresses on a Hugging Face Space and
        127.0.0.1 elsewhere.
    port : int, optional
        Port to listen on, 0 for a free one. Default: QA_PORT, else GRADIO_SERVER_PORT, else 7860.
    watched : WatchedPaths, optional
        Where the bot's documents were loaded from; the chat keeps up with changes there.

    Raises
    ------
    QAError
        If the address cannot be bound, or the login cannot be read.
    """
    settings = bot.settings
    logs.install()
    login = Login.from_settings(settings)
    host, port = address(settings, host, port)
    bot.settings = without_cases_in_public(settings, host_names(settings, host))
    free_port(host, port)  # fails early if it is in use
    # A follow-up loads all models and word lists, so that no visitor waits for them.
    bot.ask_many([Request("Who said that?", ["Why did the bridge fall?"])])
    _configure_proxies(host)

    from starlette.middleware import Middleware
    from starlette.responses import FileResponse
    from starlette.routing import Route

    from qa.web.server.gradio_internals import cleanup_lifespan, configure_mcp, forbid_downloads
    from qa.web.server.middleware import RequestFilter, RequestLimits
    from qa.web.server.rate_limit import RateLimiter
    from qa.web.server.request_bodies import Bodies
    from qa.web.server.uploads import UploadQuota
    from qa.web.ui.markup import HELP
    from qa.web.ui.page import build
    from qa.web.ui.theme import HELP_FILE, STYLESHEETS, theme
    from qa.web.visitors import Visitors

    # Sent to stop a service or container. As with Ctrl-C, uploads are deleted then.
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
                    app_kwargs={
                        "middleware": [Middleware(RequestFilter, limits)],
                        "lifespan": cleanup_lifespan(page),
                        "routes": [Route(f"/{HELP}", lambda _: FileResponse(HELP_FILE))],
                    },
                    theme=theme(),
                    css_paths=list(STYLESHEETS),
                    footer_links=["api"],
                    allowed_paths=[],
                    blocked_paths=["/"],
                    max_file_size=limits.upload_bytes,
                    strict_cors=True,
                    show_error=False,
                    state_session_capacity=_MAX_SESSIONS,
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
        configure_mcp(page, login)
        tools = f"MCP tools at {page.local_url}gradio_api/mcp/"
        echo(f"Cited QA is running at {page.local_url} (press Ctrl-C to stop), {tools}{_startup_time()}")
        stop = threading.Event()
        if watched:
            following = (bot.load_report, visitors.share, stop)
            threading.Thread(target=watched.follow, args=following, name="watch", daemon=True).start()
        with suppress(KeyboardInterrupt):
            while page.server.thread.is_alive():
                page.server.thread.join(timeout=1)
                visitors.sweep()
        stop.set()
        page.close(verbose=False)


def address(settings: Settings, host: str | None = None, port: int | None = None) -> tuple[str, int]:
    """Return the host and port to listen on; see `serve`.

    Raises
    ------
    QAError
        If GRADIO_SERVER_PORT is not a number.
    """
    on_space = os.environ.get("SYSTEM") == "spaces"
    if host is None and "host" not in settings.model_fields_set:
        host = os.environ.get("GRADIO_SERVER_NAME") or (_ALL_ADDRESSES if on_space else None)
    given = os.environ.get("GRADIO_SERVER_PORT", "")
    if given and not given.isdecimal():
        raise QAError(f"GRADIO_SERVER_PORT={given}: it must be a number from 0 to 65535")
    if port is None and given and "port" not in settings.model_fields_set:
        port = int(given)
    return host or settings.host, settings.port if port is None else port


def host_names(settings: Settings, host: str) -> frozenset[str] | None:
    """Return the host names that a server on `host` accepts; any (None) unless it listens on a loopback address.

    On a loopback address, another name is that of a proxy, set with QA_HOST_NAMES, or of a site that tries to read the
    articles through a visitor's browser (DNS rebinding).
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    configured = {name.strip().lower() for name in settings.host_names.split(",") if name.strip()}
    return frozenset({"localhost", "127.0.0.1", "::1", host.strip("[]"), *configured}) if loopback else None


def free_port(host: str, port: int) -> int:
    """Return `port`, or a free one for 0, after checking that it can be bound.

    Raises
    ------
    QAError
        If it cannot.
    """
    try:
        family, kind, protocol, _, target = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(target)
            return int(probe.getsockname()[1])
    except OSError as error:
        problem = _BIND_PROBLEMS.get(error.errno or 0, error.strerror or str(error))
        raise QAError(f"cannot listen on port {port} of {host}: {problem}") from None
    except OverflowError:
        raise QAError(f"cannot listen on port {port}: it must be from 0 to 65535") from None


def _startup_time() -> str:
    """Return the age of this process in words; empty where the system has no /proc."""
    try:
        # After the name in parentheses, which may contain anything, the twentieth field is the start in clock ticks.
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return ""
    return f"; ready in {seconds:.1f} s"


def _configure_proxies(host: str) -> None:
    """Set which proxies' X-Forwarded-For is trusted, and make Gradio check its own address without a proxy."""
    trusted = TRUSTED_PROXIES if os.environ.get("SYSTEM") == "spaces" else _LOOPBACK
    os.environ.setdefault("FORWARDED_ALLOW_IPS", trusted)
    for name in ("no_proxy", "NO_PROXY"):
        known = os.environ.get(name, "")
        os.environ[name] = ",".join(filter(None, [known, "localhost", host.strip("[]")]))
