"""Request bodies of the page, programs and MCP clients, mutated by hypothesis until the time is over."""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from threading import Thread
from time import monotonic, sleep
from typing import Any

from attack_files import QUESTION, Scene, exchange, file_data, message, plain_data, text
from attack_requests import COMPLETED, ENDED, Attacker, Page
from attack_texts import ESCAPES
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

CHANGED_AT_ONCE = 40
"""Examples in a round of hypothesis; each round has a seed of its own."""
REST_SECONDS = {"home": 0.1, "public": 0.4}
"""Between two requests of one attacker: on a Space a visitor's share is five a second."""
RAPID_REQUESTS = 320
"""Requests of a burst, sent without a rest from one address: more than a visitor of a Space may send in a minute."""
SECONDS_BETWEEN_BURSTS = 120.0
MOST_CHARACTERS = 200_000
MOST_SUSPECTS = 20
SHOWN = 300
"""Bytes shown of a request after which there was a traceback in the log."""
RAW = ("[" * 50_000 + "]" * 50_000, "1" * 6000, "1e999", '{"a":' * 900 + "1" + "}" * 900)
"""JSON that Python does not write."""
_RAW = "@raw"
SESSION = "newsession"
"""Session of the known requests; each request that is sent gets one of its own in its place."""
PATTERNS = (
    "<!--",
    "<a ",
    "</",
    "&#",
    "[a](",
    "= a",
    "1,",
    "no. ",
    " ",
    "\n",
    "A.",
    "Mr ",
    "\u2003",
    "\ud800",
    "\x1b[",
    "{",
    '"',
)
FIELDS = (
    *("data", "fn_index", "session_hash", "event_data", "event_id", "trigger_id", "simple_format", "batched"),
    *(
        "oauth_token",
        "path",
        "url",
        "meta",
        "text",
        "role",
        "content",
        "type",
        "component",
        "value",
        "links",
        "library",
    ),
    *("question", "history", "documents", "k", "file", "name", "files", "turn", "verdict", "__proto__", "", "root"),
)


@dataclass(frozen=True)
class Shape:
    """A request that is sent in earnest: its path, its body, and how its events are read if it has any."""

    path: str
    body: dict[str, Any]


def shapes(page: Page, conversation: Sequence[object], key: str, upload: str) -> list[Shape]:
    """Return what the page posts for each of its events and functions, and programs for each endpoint."""
    sent: dict[str, object] = {
        "retry": {"index": [0, 0], "value": QUESTION},
        "undo": {"index": [0, 0], "value": QUESTION},
        "search_again": {"turn": 0, "text": "Which ships?"},
        "judge": {"turn": 0, "verdict": "wrong", "expected": "two frigates"},
        "_add": {"files": [{"name": "a.txt", "path": upload}], "title": "A", "text": "Bees dance.", "url": ""},
        "_remove": {"document": "a.txt"},
    }
    found = []
    for event in page.events:
        name, data = str(event["api_name"]), plain_data(page, event)
        if event["api_visibility"] == "public":
            continue
        names = [page.names[number] for number in event["inputs"]]
        data = [conversation if name == "conversation" else value for name, value in zip(names, data, strict=True)]
        targets = event["targets"] or [[None, ""]]
        body = {
            "data": data,
            "event_data": sent.get(name),
            "fn_index": event["id"],
            "trigger_id": targets[0][0],
            "session_hash": SESSION,
        }
        found.append(Shape("queue/join" if event["queue"] else "run/predict", body))
    link = "#cite:honeybee-colony.md:0:5"
    exchange = {"question": QUESTION, "answer": "Su-35", "confidence": "high", "excerpts": []}
    functions: dict[str, dict[str, object]] = {
        "load_source": {"links": [link, link], "library": key},
        "load_pdf_page": {"links": [link], "library": key},
        "suggest": {"links": [link], "library": key},
        "save": {"conversation": [exchange], "format": "html", "library": key},
    }
    for function, data_sent in functions.items():
        body = {"data": data_sent, "component_id": page.pane, "fn_name": function, "session_hash": "f"}
        found.append(Shape("component_server", body))
    inputs: dict[str, dict[str, object]] = {
        "ask": {
            "question": QUESTION,
            "history": ["Who said that?"],
            "documents": ["honeybee-colony.md"],
            "library": "",
        },
        "search": {"question": QUESTION, "k": 3, "documents": None, "library": key},
        "add_document": {"text": "Bees dance.", "title": "Bees", "library": key},
        "list_documents": {"library": key},
    }
    for name, given_inputs in inputs.items():
        found.append(Shape(f"call/v2/{name}", given_inputs))
        found.append(Shape(f"call/{name}", {"data": list(given_inputs.values())}))
        params = {"name": name, "arguments": given_inputs}
        found.append(Shape("mcp/", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}))
    return [
        *found,
        Shape("cancel", {"session_hash": "f", "fn_index": 0, "event_id": "x"}),
        Shape("reset", {"event_id": "x"}),
    ]


def values(targets: Sequence[str]) -> st.SearchStrategy[Any]:
    """Return what a value may become: other types, numbers and texts without end, files of Gradio's, nested lists."""
    files = st.sampled_from([file_data(target) for target in targets])
    components = st.builds(
        lambda kind, target: {"type": "component", "component": kind, "value": {"path": target}},
        st.sampled_from(("image", "file", "audio", "html", "plot", "timer", "chatbot", "x")),
        st.sampled_from(list(targets)),
    )
    texts = st.builds(
        lambda pattern, length: (pattern * length)[:length],
        st.sampled_from(PATTERNS),
        st.sampled_from((1, 50, 1001, 20_000, MOST_CHARACTERS)),
    )
    plain: st.SearchStrategy[Any] = st.one_of(
        st.sampled_from((None, True, False, 0, -1, 1 << 70, 0.5, float("nan"), float("inf"), "", [], {}, ESCAPES)),
        st.text(st.characters(codec=None), max_size=30),
        st.integers(),
        st.floats(),
    )
    leaves = st.one_of(
        plain, texts, files, components, st.integers(0, len(RAW) - 1).map(lambda number: f"{_RAW}{number}")
    )
    once = _within(leaves)
    nested = st.one_of(once, _within(st.one_of(leaves, once)))
    many = st.builds(lambda value, count: [value] * count, plain, st.sampled_from((100, 5000)))
    return st.one_of(leaves, nested, many, files.map(lambda file: [message("user", file), message("user", text("x"))]))


def _within(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
        st.tuples(inner).map(list),
    )


def bodies(known: Sequence[Shape], targets: Sequence[str]) -> st.SearchStrategy[tuple[str, bytes]]:
    """Return requests in which one to three values, keys or list items are changed."""
    becomes = values(targets)

    @st.composite
    def changed(draw: st.DrawFn) -> tuple[str, bytes]:
        shape = draw(st.sampled_from(list(known)))
        root = {"": deepcopy(shape.body)}
        for _ in range(draw(st.integers(1, 3))):
            locations = _locations(root)
            holder, key = locations[draw(st.integers(0, len(locations) - 1))]
            match draw(st.sampled_from(("value", "value", "value", "no key", "more", "key", "wrapped"))):
                case "no key" if holder is not root:
                    del holder[key]
                case "more" if isinstance(holder, list):
                    holder[key:key] = [holder[key]] * draw(st.sampled_from((1, 30, 3000)))
                case "key" if isinstance(holder, dict) and holder is not root:
                    holder[draw(st.sampled_from(FIELDS))] = deepcopy(draw(becomes))
                case "wrapped":
                    holder[key] = draw(st.sampled_from(([holder[key]], {"root": holder[key]}, [[[holder[key]]]])))
                case _:
                    holder[key] = deepcopy(draw(becomes))
        return shape.path, _written(root[""])

    return changed()


def _locations(root: dict[str, Any]) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting: list[Any] = [root]
    while waiting and len(found) < 500:
        holder = waiting.pop()
        keys = list(holder) if isinstance(holder, dict) else range(min(len(holder), 20))
        for key in keys:
            found.append((holder, key))
            if isinstance(holder[key], dict | list):
                waiting.append(holder[key])
    return found


def _written(body: object) -> bytes:
    """Return a body as JSON, with what Python cannot write itself."""
    written = json.dumps(body)
    for number, raw in enumerate(RAW):
        written = written.replace(f'"{_RAW}{number}"', raw)
    return written.encode()


def fuzz(scene: Scene, start: int) -> list[str]:
    """Send changed bodies from several addresses until the scene's time is over."""
    known = _known(scene)
    targets = [*scene.server.traps.addresses[:3], *scene.server.traps.paths[:2]]
    attackers = [Attacker(scene.server.address, f"127.0.2.{number}", seconds=10) for number in range(1, 9)]
    rapid = Attacker(scene.server.address, "127.0.3.1", seconds=10)
    threads = [
        Thread(target=_rounds, args=(scene, bodies(known, targets), attackers[part::2], start + part * 1_000_000))
        for part in (0, 1)
    ]
    threads.append(Thread(target=_send_bursts, args=(scene, rapid)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    problems = []
    for one in (*attackers, rapid):
        scene.attacker.statuses.update(one.statuses)
        problems += one.found
        one.close()
    if scene.server.form == "public" and not rapid.statuses["429"]:
        problems.append("a visitor who asked too often was never refused")
    return sorted(set(problems))


def _known(scene: Scene) -> list[Shape]:
    """Ask one valid question, and return the request with its conversation."""
    page, attacker = scene.page, scene.attacker
    stream = attacker.join(page.number("respond"), [QUESTION, [], "", []])
    try:
        conversation = json.loads(stream.splitlines()[-1].removeprefix("data: "))["output"]["data"][1]
    except (ValueError, LookupError, TypeError):
        conversation = [exchange(QUESTION)]
    arrived = attacker.run(page.number("page_opened"), [[], "", []])
    try:
        key = str(json.loads(arrived)["data"][2])
    except (ValueError, LookupError, TypeError):
        key = ""
    return shapes(page, conversation, key, attacker.upload("a.txt", b"Bees dance."))


def _send_bursts(scene: Scene, attacker: Attacker) -> None:
    while monotonic() < scene.until and scene.server.lives:
        next_time = min(monotonic() + SECONDS_BETWEEN_BURSTS, scene.until)
        for _ in range(RAPID_REQUESTS):
            if monotonic() < next_time:
                attacker.post("/gradio_api/reset", {"event_id": "x"})
        sleep(max(0.0, next_time - monotonic()))


def _rounds(
    scene: Scene, requests: st.SearchStrategy[tuple[str, bytes]], attackers: list[Attacker], start: int
) -> None:
    number = 0
    suspects: dict[str, tuple[str, bytes]] = {}

    def send(request: tuple[str, bytes]) -> None:
        nonlocal number
        if monotonic() >= scene.until or not scene.server.lives:
            return
        number += 1
        log = scene.server.log_bytes()
        _send(attackers[number % len(attackers)], *request)
        log_text = scene.server.log_text(log)
        if "Traceback" in log_text and len(suspects) < MOST_SUSPECTS:
            suspects.setdefault(log_text.splitlines()[-1][:80], request)
        sleep(REST_SECONDS[scene.server.form])

    while monotonic() < scene.until and scene.server.lives:
        _round(send, requests, start)
        start += 1
    for problem, (path, body) in suspects.items():
        print(f"{problem!a} after, perhaps, {path} {body[:SHOWN]!a}", file=sys.stderr)


def _round(
    send: Callable[[tuple[str, bytes]], None], requests: st.SearchStrategy[tuple[str, bytes]], start: int
) -> None:
    @seed(start)
    @settings(
        max_examples=CHANGED_AT_ONCE,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def sent(request: tuple[str, bytes]) -> None:
        send(request)

    sent()


def _send(attacker: Attacker, path: str, body: bytes) -> None:
    body = body.replace(SESSION.encode(), secrets.token_hex(6).encode())
    reply = attacker.post(f"/gradio_api/{path}", body)
    if reply is not None and reply.status_code == 500:
        attacker.found.append(f"{reply.text[:SHOWN]!a} after {path} {body[:SHOWN]!a}")
    if reply is None or reply.status_code != 200:
        return
    try:
        event = reply.json()["event_id"]
        session = json.loads(body).get("session_hash")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return
    if path == "queue/join" and isinstance(session, str) and session.isalnum():
        attacker.read_stream(f"/gradio_api/queue/data?session_hash={session}", COMPLETED)
    elif path.startswith("call/"):
        attacker.read_stream(f"/gradio_api/call/{path.rpartition('/')[2]}/{event}", ENDED)
