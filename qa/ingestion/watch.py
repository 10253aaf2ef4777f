"""Paths -> what is at them now, whenever it changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Event

from qa.documents.loader import LoadCache, LoadReport, all_fields, is_web_address, load_paths
from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.output.terminal import echo
from qa.settings import Settings

_QUIET_MS = 400  # without a change, before files are read
_MAX_DEBOUNCE_MS = 5000  # for files that change all the time
_RETRY_SECONDS = 1.0


class WatchedPaths:
    """Files and folders whose changes are followed; web addresses are loaded once.

    Files of the first call are read in this process, later ones in the sandbox, so that no file can end it.
    """

    def __init__(self, paths: Sequence[str], settings: Settings) -> None:
        self.paths = paths
        self._settings = settings
        self._sandbox = Sandbox(settings, warm=True)
        self._cache: LoadCache = {}

    def load(self) -> LoadReport:
        """Load what is new or changed since the last call; errors as of `load_paths`, but there may be no documents."""
        return load_paths(self.paths, self._settings, sandbox=self._sandbox, cache=self._cache)

    def follow(self, report: LoadReport, apply: Callable[[LoadReport], object], stop: Event) -> None:
        """Call `apply` after each debounced change, and print a line for each document that changed.

        A call that raises a `QAError` is reported, and repeated after a second.

        Parameters
        ----------
        apply : callable
            Takes what `load` returns now.
        stop : Event
            Ends this when it is set. In the main thread, Ctrl-C does too, as a `KeyboardInterrupt`.
        """
        from watchfiles import watch

        reported = ""
        while not stop.is_set():
            try:
                # Something may have changed before the watch began.
                pending = True
                for changes in watch(
                    *self._roots(),
                    watch_filter=None,
                    debounce=_MAX_DEBOUNCE_MS,
                    step=_QUIET_MS,
                    stop_event=stop,
                    rust_timeout=round(1000 * _RETRY_SECONDS),
                    yield_on_timeout=True,
                    recursive=any(Path(path).is_dir() for path in self.paths),
                ):
                    if not changes and not pending:
                        continue
                    new = self.load()
                    lines = list(differences(report, new))
                    if lines:
                        apply(new)
                        echo("\n".join(lines))
                    report, pending, reported = new, False, ""
            except (QAError, OSError) as error:
                if reported != str(error):
                    reported = str(error)
                    echo(f"qa: {reported}", err=True)
                # Restart the watch too: it ignores a folder that was removed and created again.
                stop.wait(_RETRY_SECONDS)

    def _roots(self) -> set[Path]:
        """Return what to watch: of a file its folder, since a file that is replaced is another."""
        paths = [Path(path) for path in self.paths if not is_web_address(path)]
        return {path if path.is_dir() else path.parent for path in paths}


def differences(before: LoadReport, after: LoadReport) -> Iterator[str]:
    """Yield a line for each document that was added, changed or removed, and for each file that is left out now."""
    old, new = ({document.id: document for document in report.documents} for report in (before, after))
    left_out = {entry.path for entry in after.skipped}
    for name, document in new.items():
        if name not in old or all_fields(old[name]) != all_fields(document):
            notes = f": {'; '.join(document.notes)}" if document.notes else ""
            yield f"{'changed' if name in old else 'added'} {name}{notes}"
    for name in old:
        if name not in new and str(before.files.get(name)) not in left_out:
            yield f"removed {name}"
    for entry in after.skipped:
        if entry not in before.skipped:
            yield f"left out {entry.path}: {entry.reason}"
