"""The requests of a page, sent without a browser."""

from __future__ import annotations

import json
import re
import secrets
import threading
from time import perf_counter
from typing import Any

import httpx

NAMES = ("Amarel", "Belvora", "Cindrath", "Dolmere", "Estavan", "Fenwick", "Galdora", "Hestrin", "Ilvane", "Jorvalis")
OWN = {
    "Who keeps the lighthouse of the harbour?": "The lighthouse of the harbour is kept by {name} Marsh.",
    "Which ship brought the bell to the harbour?": "The bell came to the harbour on the ship {name} Star.",
    "Who founded the harbour?": "The harbour was founded by the merchant {name} Quill.",
    "Where was the harbour bell cast?": "The bell of the harbour was cast in the foundry of {name}ford.",
}
"""Questions, and their answers in the visitor's own article."""
FILLER = (
    "The quay is paved with grey stone. Fishermen mend their nets on it in the morning. In winter the wind comes from "
    "the north and the boats stay at their moorings. A market is held on the first day of every month.\n\n"
)


class RefusedError(Exception):
    """The server replied that it is busy."""


class Visitor:
    """One page's worth of requests."""

    def __init__(self, address: str, name: str) -> None:
        self.name = name
        self._client = httpx.Client(base_url=f"{address}/gradio_api", timeout=120, trust_env=False)
        self._session = secrets.token_hex(8)
        self._client.get(address).raise_for_status()
        config = self._client.get(f"{address}/config").raise_for_status().json()
        names = {part["id"]: part["props"].get("elem_id") for part in config["components"]}
        self._events = {
            (names.get(target), event): dependency["id"]
            for dependency in config["dependencies"]
            if dependency["backend_fn"]
            for target, event in dependency["targets"]
        }
        self._opened, self._left = threading.Event(), threading.Event()
        self._heartbeats = threading.Thread(target=self._send_heartbeats, daemon=True)
        self._heartbeats.start()
        self._opened.wait(60)
        body = {"data": [[], "", []], "fn_index": self._events[None, "load"], "session_hash": self._session}
        self._key = self._client.post("/run/predict", json=body).raise_for_status().json()["data"][2]
        self._pane = next(number for number, name in names.items() if name == "source")
        self._conversation: list[dict[str, Any]] = []

    def _send_heartbeats(self) -> None:
        """Keep the connection by which a server knows that a page is open."""
        url = f"{self._client.base_url}heartbeat/{self._session}"
        with httpx.stream("GET", url, timeout=None, trust_env=False) as reply:  # noqa: S113 -- as long as the page
            for _ in reply.iter_raw():
                self._opened.set()
                if self._left.is_set():
                    return

    def add(self) -> None:
        """Upload an article in which everything is called after this visitor."""
        facts = [sentence.format(name=self.name) for sentence in OWN.values()]
        text = f"# The harbour of {self.name}\n\n" + "\n\n".join(f"{fact} {FILLER * 6}" for fact in facts)
        (path,) = self._client.post("/upload", files={"files": (secrets.token_hex(8), text.encode())}).json()
        outcome = self._call("add", "added", [self._key, []], {"files": [{"name": "harbour.md", "path": path}]})[-1]
        if "try again" in outcome:
            raise RefusedError(outcome)
        assert "added" in outcome, outcome

    def ask(self, question: str) -> tuple[float, str]:
        """Return the seconds until the whole answer was there, and its text."""
        started = perf_counter()
        self._conversation = self._call("question", "submit", [question, self._conversation[-2:], self._key, []])[1]
        return perf_counter() - started, str(self._conversation[-1]["shown"])

    def look(self, answer: str) -> None:
        """Open the article at the first excerpt of an answer, or at the nearest passage."""
        link = re.search(r'href="(#(?:cite|passage):[^"]+)"', answer)
        assert link, answer
        sent = {"links": [link[1]], "library": self._key}
        body = {"session_hash": self._session, "component_id": self._pane, "fn_name": "load_source", "data": sent}
        shown = self._client.post("/component_server", json=body).raise_for_status().json()
        assert "<mark" in shown, shown

    def leave(self) -> None:
        """Close the page; the connection ends with its next beat."""
        self._left.set()
        self._heartbeats.join(60)
        self._client.close()

    def _call(self, element: str, event: str, data: list[Any], event_data: object = None) -> list[Any]:
        number = self._events[element, event]
        body = {"data": data, "event_data": event_data, "fn_index": number, "session_hash": self._session}
        joined = self._client.post("/queue/join", json=body)
        if joined.status_code == httpx.codes.SERVICE_UNAVAILABLE:
            raise RefusedError(joined.text)
        joined.raise_for_status()
        with self._client.stream("GET", "/queue/data", params={"session_hash": self._session}) as reply:
            for line in filter(None, reply.iter_lines()):
                update = json.loads(line.removeprefix("data: "))
                if update["msg"] == "process_completed":
                    assert update["success"], update
                    values: list[Any] = update["output"]["data"]
                    return values
        raise RuntimeError("the server closed the stream")
