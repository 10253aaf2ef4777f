"""An attacker: sends JSON to every endpoint, from an address of its own, and counts what comes back."""

from __future__ import annotations

import json
import secrets
import threading
from collections import Counter
from itertools import cycle
from time import monotonic
from typing import Any

import httpx
from attack_traps import MARKER

SECONDS = 15.0
"""For the reply to one request, and for its events."""


def client_from(own: str, address: str, seconds: float = SECONDS) -> httpx.Client:
    """Return a client whose requests come from an address of this computer, 127.0.0.2 or another."""
    transport = httpx.HTTPTransport(local_address=own)
    return httpx.Client(base_url=address, transport=transport, timeout=seconds, trust_env=False)


def read_events(client: httpx.Client, path: str, end: tuple[str, ...], seconds: float) -> str:
    """Return a stream of events up to a line that begins so or so; "" where none comes in time."""
    until, lines, last = monotonic() + seconds, list[str](), False
    with client.stream("GET", path) as reply:
        if reply.status_code != httpx.codes.OK:
            return reply.read().decode("utf-8", "replace")
        for line in reply.iter_lines():
            lines.append(line)
            if last:
                return "\n".join(lines)
            if line.startswith(end):
                if line.startswith("data:"):
                    return "\n".join(lines)
                last = True  # what a call gives is in the line after its name
            if monotonic() > until:
                break
    return ""


COMPLETED = ('data: {"msg":"process_completed"', 'data: {"msg": "process_completed"', 'data: {"msg":"unexpected_error"')
ENDED = ("event: complete", "event: error")


class Page:
    """What the configuration of a server says: its events, and the components that take more than events.

    Parameters
    ----------
    address : str

    Attributes
    ----------
    events : list of dict
        As Gradio describes them; those alone that the server has a function for.
    names : dict of int to str
        What the page calls its components, by their numbers; empty where it does not.
    pane : int
        Id of the component that has functions of its own.
    """

    def __init__(self, address: str) -> None:
        config = httpx.get(f"{address}/config", trust_env=False, timeout=60).raise_for_status().json()
        self.events: list[dict[str, Any]] = [one for one in config["dependencies"] if one["backend_fn"]]
        self.names: dict[int, str] = {part["id"]: part["props"].get("elem_id") or "" for part in config["components"]}
        self.pane = next(number for number, name in self.names.items() if name == "source")

    def number(self, name: str) -> int:
        """Return the number of an event, by the name of its function."""
        return next(int(event["id"]) for event in self.events if event["api_name"] == name)


class Attacker:
    """Sends anything, and counts what came back; nothing is raised.

    Parameters
    ----------
    server : str
        Address.
    own : str or list of str
        Addresses that the requests come from, in turn.
    seconds : float
        For each reply.

    Attributes
    ----------
    statuses : Counter
        Of replies by status, of failures by their name.
    found : list of str
        What must not have come back.
    """

    def __init__(self, server: str, own: str | list[str] = "127.0.0.2", seconds: float = SECONDS) -> None:
        self.statuses: Counter[str] = Counter()
        self.found: list[str] = []
        self.seconds = seconds
        self._lock = threading.Lock()
        addresses = [own] if isinstance(own, str) else own
        self._clients = [client_from(each, server, seconds) for each in addresses]
        self._turns = cycle(self._clients)

    def close(self) -> None:
        """Close the connections."""
        for client in self._clients:
            client.close()

    def post(
        self,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes]] | None = None,
    ) -> httpx.Response | None:
        """Send JSON, or bytes as they are, or files."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        own = {"accept": "application/json, text/event-stream", **(headers or {})}
        client = next(self._turns)
        try:
            if files is not None:
                reply = client.post(path, files=files, headers=own)
            else:
                reply = client.post(path, content=content, headers={"content-type": "application/json", **own})
        except (httpx.HTTPError, UnicodeError) as error:
            self._count(type(error).__name__)
            return None
        self._look(reply.text)
        self._count(str(reply.status_code))
        return reply

    def join(self, number: object, data: object, event_data: object = None, **more: object) -> str:
        """Trigger an event as the page does, and return the events until it ended."""
        session = secrets.token_hex(6)
        body = {"data": data, "event_data": event_data, "fn_index": number, "trigger_id": None, "session_hash": session}
        joined = self.post("/gradio_api/queue/join", {**body, **more})
        if joined is None or joined.status_code != httpx.codes.OK:
            return ""
        return self.read_stream(f"/gradio_api/queue/data?session_hash={session}", COMPLETED)

    def run(self, number: object, data: object, event_data: object = None) -> str:
        """Trigger an event past the queue."""
        body = {"data": data, "event_data": event_data, "fn_index": number, "session_hash": secrets.token_hex(6)}
        reply = self.post("/gradio_api/run/predict", body)
        return reply.text if reply is not None else ""

    def call(self, name: str, data: list[object]) -> str:
        """Call an endpoint with its inputs in order."""
        return self._called(name, f"/gradio_api/call/{name}", {"data": data})

    def call_named(self, name: str, inputs: dict[str, object]) -> str:
        """Call an endpoint with its inputs by name."""
        return self._called(name, f"/gradio_api/call/v2/{name}", inputs)

    def serve(self, component: object, function: object, data: object) -> str:
        """Call a function of a component."""
        body = {"session_hash": secrets.token_hex(6), "component_id": component, "fn_name": function, "data": data}
        reply = self.post("/gradio_api/component_server", body)
        return reply.text if reply is not None else ""

    def tool(self, name: object, arguments: object) -> str:
        """Call a tool as MCP clients do."""
        body = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments},
        }
        reply = self.post("/gradio_api/mcp/", body)
        return reply.text if reply is not None else ""

    def upload(self, name: str, content: bytes) -> str:
        """Upload a file, and return the path that it was given, "" where it was refused."""
        reply = self.post("/gradio_api/upload", files={"files": (name, content)})
        try:
            return str(reply.json()[0]) if reply is not None and reply.status_code == httpx.codes.OK else ""
        except (ValueError, LookupError):
            return ""

    def read_stream(self, path: str, end: tuple[str, ...]) -> str:
        """Return a stream of events."""
        try:
            events = read_events(next(self._turns), path, end, self.seconds)
        except httpx.HTTPError as error:
            self._count(type(error).__name__)
            return ""
        self._look(events)
        self._count("events" if events else "no end")
        return events

    def _called(self, name: str, path: str, body: object) -> str:
        joined = self.post(path, body)
        try:
            event = joined.json()["event_id"] if joined is not None else ""
        except (ValueError, LookupError, TypeError):
            return ""
        return self.read_stream(f"/gradio_api/call/{name}/{event}", ENDED)

    def _count(self, what: str) -> None:
        with self._lock:
            self.statuses[what] += 1

    def _look(self, text: str) -> None:
        if MARKER in text:
            self.found.append("a reply holds the private file")
