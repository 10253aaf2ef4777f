"""Run the chat: address, login, start and graceful shutdown."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from qa.errors import QAError
from qa.output.logs import configure
from qa.output.terminal import echo
from qa.types import Request
from qa.web.server import logs
from qa.web.server.auth import Login, is_public
from qa.web.ui.test_cases import without_cases_in_public

if TYPE_CHECKING:
    from qa.ingestion.watch import WatchedPaths
    from qa.pipeline import QA
    from qa.settings import Settings
    from qa.web.library.database import LibraryDatabase
    from qa.web.library_registry import LibraryRegistry
    from qa.web.server.front import Front

_ALL_ADDRESSES = "0.0.0.0"  # noqa: S104 -- a Space is reached from outside its container
_SECONDS_BETWEEN_LINES = 5.0  # on the progress of one step
_LOOPBACK = "127.0.0.1,::1"
TRUSTED_PROXIES = f"{_LOOPBACK},10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7"
"""Addresses of a Space's proxies, whose X-Forwarded-For is trusted."""

_log = logging.getLogger(__name__)

ReportStep = Callable[[str], object]  # called with each step of the start, for the page and the terminal


def serve(
    open_bot: Callable[[ReportStep], QA],
    settings: Settings,
    host: str | None = None,
    port: int | None = None,
    watched: WatchedPaths | None = None,
) -> None:
    """Run the chat until Ctrl-C or SIGTERM. See also `qa.web.prepare_process` and `qa.web.exit_process`.

    The server accepts connections at once. While articles and models are being loaded, the page says so, and holds any
    question until it can be answered. A first signal lets answers in progress finish; a second one stops at once.

    Parameters
    ----------
    open_bot : callable
        Loads the articles. It is called once the server listens, with a function to report each step to.
    settings : Settings
        The bot's settings.
    host : str, optional
        Address to listen on. Default: QA_HOST, else GRADIO_SERVER_NAME, else all addresses on a Hugging Face Space and
        127.0.0.1 elsewhere.
    port : int, optional
        Port to listen on, 0 for a free one. Default: QA_PORT, else GRADIO_SERVER_PORT, else 7860.
    watched : WatchedPaths, optional
        Where the bot's documents are loaded from; the chat follows changes there.

    Raises
    ------
    QAError
        If the address cannot be bound, the login cannot be read, or the articles cannot be loaded.
    """
    configure(settings)
    logs.install()
    login = Login.from_settings(settings)
    host, port = address(settings, host, port)
    names = host_names(settings, host)
    from qa.web.library.location import opened_library
    from qa.web.server.front import Front
    from qa.web.server.listening import listen, running
    from qa.web.ui.files import page_files

    listening = listen(host, port)
    url = f"http://{_in_url(host)}:{listening.getsockname()[1]}"
    _configure_proxies(host)
    # Services and containers are stopped with SIGTERM: finish answers and delete uploads, as after Ctrl-C.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    front = Front(names, login, page_files())

    on_step = _Steps(front)

    with (
        opened_library(settings, names) as database,
        TemporaryDirectory(prefix="cited-qa-") as uploads,
        running(front, listening) as server,
    ):
        echo(f"Cited QA is starting; the page at {url}/ says when it is ready")
        bot = open_bot(on_step)
        bot.settings = _with_library(without_cases_in_public(settings, names), database)
        on_step("loading the models")
        # A follow-up loads all models and word lists, so that no visitor waits for them.
        bot.ask_many([Request("Who said that?", ["Why did the bridge fall?"])])
        on_step("loading the page")
        from qa.web.library_registry import LibraryRegistry
        from qa.web.server.chat import Chat
        from qa.web.server.gradio_internals import configure_mcp
        from qa.web.ui.model_panel import may_choose

        paths = watched.paths if watched else ()
        registry = LibraryRegistry(bot, database=database, public=is_public(settings, names), watched=paths)
        if login is None:
            registry.preload()
        chat = Chat(registry, Path(uploads), choose_model=may_choose(settings, names))
        front.open(chat.app, chat.filtered)
        configure_mcp(chat.page, url, login)
        tools = f"MCP tools at {url}/gradio_api/mcp/"
        echo(f"Cited QA is running at {url}/ (press Ctrl-C to stop), {tools}{_startup_time()}")
        _sweep_until_stopped(server, registry, watched)
        with suppress(KeyboardInterrupt):
            if cut_off := front.drain(settings.shutdown_seconds):
                _log.warning("stopped with %d unfinished answers after %g s", cut_off, settings.shutdown_seconds)
        chat.page.close(verbose=False)


def _sweep_until_stopped(server: threading.Thread, registry: LibraryRegistry, watched: WatchedPaths | None) -> None:
    """Remove expired libraries and follow the watched documents, until Ctrl-C or SIGTERM."""
    stop = threading.Event()
    if watched:
        following = (registry.shared.load_report, registry.share, stop)
        threading.Thread(target=watched.follow, args=following, name="watch", daemon=True).start()
    with suppress(KeyboardInterrupt):
        while server.is_alive():
            # Not `server.join`: before Python 3.13, an interrupted one takes the thread for ended.
            stop.wait(1)
            registry.sweep()
    stop.set()


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
    """Return the host names that a server accepts; None, for any, unless `host` is a loopback address.

    On a loopback address, any other name is either a proxy's, to be set with QA_HOST_NAMES, or a site's that tries to
    read the articles through a visitor's browser (DNS rebinding).
    """
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        loopback = False
    configured = {name.strip().lower() for name in settings.host_names.split(",") if name.strip()}
    return frozenset({"localhost", "127.0.0.1", "::1", host.strip("[]"), *configured}) if loopback else None


class _Steps:
    """Reports each step of the start to the page, and prints it now and then."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._printed, self._when = "", 0.0

    def __call__(self, step: str) -> None:
        self._front.show_step(step)
        what, now = step.partition(":")[0], time.monotonic()
        if what != self._printed or now - self._when >= _SECONDS_BETWEEN_LINES:
            self._printed, self._when = what, now
            echo(f"Cited QA is starting: {step}")


def _in_url(host: str) -> str:
    """Return a host as it is written in a URL on this computer."""
    host = host.strip("[]")
    return "localhost" if host == _ALL_ADDRESSES else f"[{host}]" if ":" in host else host


def _with_library(settings: Settings, database: LibraryDatabase | None) -> Settings:
    """Return the settings with the library that is open, or without one: replies say whether articles are kept."""
    from qa.settings import NO_LIBRARY

    return settings.model_copy(update={"library": str(database.folder) if database else NO_LIBRARY})


def _startup_time() -> str:
    """Return the age of this process in words; empty where the system has no /proc."""
    try:
        # Behind the process name in parentheses, which may contain anything, field 20 is the start in clock ticks.
        fields = Path("/proc/self/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        seconds = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / os.sysconf("SC_CLK_TCK")
    except (OSError, AttributeError):
        return ""
    return f"; ready in {seconds:.1f} s"


def _configure_proxies(host: str) -> None:
    """Set which proxies' X-Forwarded-For is trusted, and let the MCP tools call this server directly."""
    trusted = TRUSTED_PROXIES if os.environ.get("SYSTEM") == "spaces" else _LOOPBACK
    os.environ.setdefault("FORWARDED_ALLOW_IPS", trusted)
    for name in ("no_proxy", "NO_PROXY"):
        known = os.environ.get(name, "")
        os.environ[name] = ",".join(filter(None, [known, "localhost", host.strip("[]")]))
