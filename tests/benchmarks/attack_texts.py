"""Attacks by texts and headers: slow to parse, filling the log or the disk, or with forged senders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle

import httpx
from attack_files import QUESTION, Scene, exchange, message, text
from attack_requests import Attacker

HTML_CHARACTERS = 120_000
HISTORY_CHARACTERS = 20_000
DOCUMENT_CHARACTERS = 300_000
FORGED_BYTES = 3_800_000
ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b[31m\u202e\x9b31m\r\nTraceback (most recent call last):\n"
"""Terminal escape sequences, and forged lines of a log."""
REQUESTS_BEYOND = 330  # a visitor of a Space has 300 a minute


def repeated(pattern: str, characters: int, start: str = "", end: str = "") -> str:
    """Return a text of a length: a pattern repeated between two others."""
    return start + (pattern * (characters // len(pattern) + 1))[: characters - len(start) - len(end)] + end


def returned_html(scene: Scene) -> list[str]:
    """Conversations of 120 KB that never were, whose markup takes long to read."""
    answer = '<p class="answer"><p class="short">x <a class="cite"'
    claims = '<p class="answer"></p><p class="claims">'
    texts = [
        repeated("<a ", HTML_CHARACTERS, claims, "</p>"),
        repeated("<del ", HTML_CHARACTERS, claims, "</p>"),
        repeated(' <span class="partial">', HTML_CHARACTERS, claims, "</p>"),
        repeated('<p class="claims">', HTML_CHARACTERS, claims),
        repeated('<p class="short">', HTML_CHARACTERS, answer),
        repeated('<p class="writing">', HTML_CHARACTERS),
        repeated("<", HTML_CHARACTERS, claims, "</p>"),
        repeated(" ", HTML_CHARACTERS, '<p class="answer"><p class="short">'),
        repeated("&#", HTML_CHARACTERS, claims, "</p>"),
    ]

    def sends() -> Iterator[Callable[[], object]]:
        for shown in texts:
            conversation = [exchange(QUESTION, shown, if_stopped=shown)]
            page, attacker = scene.page, scene.attacker
            yield partial(attacker.join, page.number("respond"), ["And then?", conversation, "", []])
            verdict = {"turn": 0, "verdict": "right", "expected": ""}
            yield partial(attacker.join, page.number("judge"), [conversation, "", []], verdict)
            yield partial(attacker.join, page.number("stop"), [conversation])
            again = {"turn": 0, "text": "Which planes?"}
            yield partial(attacker.join, page.number("search_again"), [conversation, "", []], again)
            yield partial(attacker.run, page.number("page_opened"), [conversation, "", []])

    scene.send_all(sends())
    return []


def long_history(scene: Scene) -> list[str]:
    """History items of 20,000 characters that end in a year, or hardly end, before a follow-up."""
    size = HISTORY_CHARACTERS
    items = [
        repeated(" ", size, "Why did the bridge fall", "x in 1999"),
        repeated("\u2003\t", size, "Why did the bridge fall", "x in 1999"),
        repeated(" in", size, "Why did the bridge fall", " 1999"),
        repeated("Aa ", size, "Who is ", " in 1999"),
        repeated("no. ", size, "", "1999"),
        repeated("1,", size, "How many is ", " in 1999"),
    ]
    questions = ("And in 2008?", "Who is he?", "And a drone?", "When was that found?")

    def sends() -> Iterator[Callable[[], object]]:
        for item in items:
            for asked in questions:
                yield partial(scene.attacker.call_named, "ask", {"question": asked, "history": [item]})
                for conversation in ([exchange(item)], [exchange(item[:500] + item[-500:], answer=item)]):
                    yield partial(scene.attacker.join, scene.page.number("respond"), [asked, conversation, "", []])
            yield partial(scene.attacker.tool, "ask", {"question": "And in 2008?", "history": [item] * 20})

    scene.send_all(sends())
    return []


def long_documents(scene: Scene) -> list[str]:
    """Articles of 300 KB without a sentence's end, opened in the source pane, summarised, and asked about."""
    page, attacker = scene.page, scene.attacker
    key = _data(attacker.run(page.number("page_opened"), [[], "", []]), 2)
    for name, pattern in (("a.txt", "<!--"), ("b.md", "= a"), ("c.md", "[a](<")):
        content = repeated(pattern, DOCUMENT_CHARACTERS)
        path = attacker.upload(name, content.encode())
        added = {"files": [{"name": name, "path": path}]}
        links = (f"#article:{name}:0", f"#cite:{name}:0:5")
        opened = [{"links": [link], "library": key} for link in links]
        scene.one_by_one(
            [
                partial(attacker.join, page.number("_add"), [key, []], added),
                *(partial(attacker.serve, page.pane, "load_source", sent) for sent in opened),
                *(partial(attacker.serve, page.pane, "suggest", sent) for sent in opened),
                partial(attacker.join, page.number("respond"), [QUESTION, [], key, [name]]),
                partial(attacker.call_named, "add_document", {"text": content, "title": content[:2000]}),
            ]
        )
    return []


def forged_cases(scene: Scene) -> list[str]:
    """Verdicts on answers in conversations of 3.8 MB that never were."""
    stream = scene.attacker.join(scene.page.number("respond"), [QUESTION, [], "", []])
    if not (messages := _messages(stream)):
        return ["the question to judge was not answered"]
    forged = [exchange("x" * 18_900)] * (FORGED_BYTES // 19_200)
    conversation = [*forged, exchange(QUESTION), messages[-1]]
    verdict = {"turn": len(forged) // 2, "verdict": "right", "expected": "x"}
    sends = [partial(scene.attacker.join, scene.page.number("judge"), [conversation, "", []], verdict)] * 6
    scene.send_all(iter(sends), 2)
    return []


def malformed(scene: Scene) -> list[str]:
    """BodyValidator of 1 to 4 MB that are no JSON, or not of the types that are asked for."""
    paths = ("queue/join", "run/predict", "call/ask", "call/v2/ask", "component_server", "mcp/", "cancel", "reset")
    longest = "x" * 3_900_000

    respond, undo = scene.page.number("respond"), scene.page.number("undo")

    def sends() -> Iterator[Callable[[], object]]:
        # Gradio repeats its inputs in the error if there are too few, or if their types are not the component's.
        for number in (respond, undo):
            for data in ([longest], [[longest[:1_000_000]]], [[{"role": longest[:1_000_000], "content": 1}]], []):
                yield partial(scene.attacker.join, number, data)
        yield partial(scene.attacker.call, "ask", [longest])
        yield partial(scene.attacker.call_named, "ask", {"question": "Why?", "documents": [longest]})
        yield partial(scene.attacker.tool, "search", {"question": "Why?", longest[:1_000_000]: 1})
        yield partial(scene.attacker.serve, scene.page.pane, longest[:1_000_000], 1)
        for path in paths:
            for body in (
                {"data": longest},
                {"data": [longest], "fn_index": longest[:1_000_000], "session_hash": "a"},
                {"data": [], "fn_index": 0, "session_hash": longest[:1_000_000], "event_id": longest[:100_000]},
                {longest[:1_000_000]: 1, "data": [1]},
                {"session_hash": "a", "component_id": longest[:1_000_000], "fn_name": longest[:1_000_000], "data": 1},
                {"jsonrpc": "2.0", "id": 1, "method": longest[:1_000_000], "params": {"name": longest[:1_000_000]}},
            ):
                yield partial(scene.attacker.post, f"/gradio_api/{path}", json.dumps(body).encode())
            for raw in (
                b"{" * 1_000_000,
                b'"' + longest.encode(),
                b"\xff\xfe" * 500_000,
                b"[1" + b",1" * 1_900_000 + b"]",
            ):
                yield partial(scene.attacker.post, f"/gradio_api/{path}", raw)

    scene.send_all(sends(), 2)
    return []


def numbers_and_nesting(scene: Scene) -> list[str]:
    """Numbers without end, what JSON does not have, half characters, and lists in lists, by each way in."""
    deep = 100_000
    values = (
        *("1" * 5000, "1e400", "-1e999", "NaN", "-Infinity", "1" * 2_000_000, r'"\ud800"', r'"\u0000"', "9" * 19),
        *("[" * deep + "]" * deep, '{"a":' * deep + "1" + "}" * deep, "[" + "{}," * 200_000 + "{}]"),
    )
    respond = scene.page.number("respond")
    bodies = (
        ("queue/join", '{"data": [%s, [], "", []], "fn_index": RESPOND, "session_hash": "n"}'),
        ("queue/join", '{"data": ["Why?", %s, "", []], "fn_index": RESPOND, "session_hash": "n"}'),
        ("queue/join", '{"data": ["Why?", [], "", []], "fn_index": %s, "session_hash": "n"}'),
        ("queue/join", '{"data": ["Why?", [], "", []], "fn_index": RESPOND, "session_hash": "n", "event_data": %s}'),
        ("run/predict", '{"data": [[], "", %s], "fn_index": RESPOND, "session_hash": "n"}'),
        ("call/v2/search", '{"question": "Why?", "k": %s}'),
        ("call/ask", '{"data": ["Why?", %s, null, ""]}'),
        (
            "component_server",
            f'{{"session_hash": "n", "component_id": {scene.page.pane}, "fn_name": "save", "data": %s}}',
        ),
        ("mcp/", '{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": %s}}'),
    )

    def sends() -> Iterator[Callable[[], object]]:
        for value in values:
            for path, body in bodies:
                raw = body.replace("RESPOND", str(respond)).replace("%s", value)
                yield partial(scene.attacker.post, f"/gradio_api/{path}", raw.encode())

    scene.send_all(sends(), 2)
    return []


def escape_sequences(scene: Scene) -> list[str]:
    """What a terminal would obey, in everything that could reach the terminal or the log."""
    page, attacker = scene.page, scene.attacker

    def sends() -> Iterator[Callable[[], object]]:
        yield partial(
            attacker.join, page.number("respond"), [ESCAPES, [message(ESCAPES, text(ESCAPES))], ESCAPES, [ESCAPES]]
        )
        yield partial(attacker.join, ESCAPES, [ESCAPES])
        yield partial(
            attacker.join, page.number("_add"), [ESCAPES, []], {"files": [{"name": ESCAPES, "path": ESCAPES}]}
        )
        yield partial(attacker.join, page.number("_add"), ["", []], {"url": f"http://{ESCAPES}/", "title": ESCAPES})
        yield partial(attacker.join, page.number("_remove"), ["", []], {"document": ESCAPES})
        yield partial(attacker.serve, page.pane, ESCAPES, ESCAPES)
        yield partial(attacker.serve, page.pane, "load_source", {"links": [ESCAPES], "library": ESCAPES})
        yield partial(attacker.tool, ESCAPES, {ESCAPES: ESCAPES})
        yield partial(attacker.tool, "ask", {"question": ESCAPES, "documents": [ESCAPES], ESCAPES: ESCAPES})
        for name in ("ask", "search", "add_document"):
            yield partial(attacker.call, name, [ESCAPES] * 6)
            yield partial(attacker.call_named, name, {"question": ESCAPES, "history": [ESCAPES], ESCAPES: 1})
        for path in ("queue/join", "run/predict", "cancel", "reset", "mcp/"):
            body = {
                "data": [],
                "fn_index": 0,
                "session_hash": ESCAPES,
                "event_id": ESCAPES,
                "jsonrpc": ESCAPES,
                "id": ESCAPES,
            }
            yield partial(attacker.post, f"/gradio_api/{path}", body)
            yield partial(attacker.post, f"/gradio_api/{path}", ESCAPES.encode())
        yield partial(attacker.post, "/gradio_api/run/%1b%5b2J%0aTraceback")

    scene.one_by_one(sends())
    return []


def other_origins(scene: Scene) -> list[str]:
    """Scripts of other sites, and of other programs on this computer."""
    port = int(scene.server.address.rpartition(":")[2])
    own = (f"http://127.0.0.1:{port}", f"http://localhost:{port}")
    others = [
        f"http://{host}:{other}" for host in ("127.0.0.1", "localhost", "[::1]") for other in (port - 1, 3000, 80)
    ]
    others += [
        "https://evil.example",
        "null",
        f"http://evil.example:{port}",
        "http://127.0.0.1.evil.example",
        "file://",
    ]
    body = {"data": [QUESTION, None, None, ""]}
    problems = []
    for origin in (*own, *others):
        reply = scene.attacker.post("/gradio_api/call/ask", body, {"origin": origin})
        served = reply is not None and reply.status_code == httpx.codes.OK
        if served != (origin in own) and origin not in own[1:]:
            problems.append(f"{'served' if served else 'refused'}: origin {origin.replace(str(port), 'PORT')}")
    return problems


def forwarded_for(scene: Scene) -> list[str]:
    """More requests than one visitor may send, each with another name of whom it is forwarded for."""
    names = cycle(("x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip"))
    one = Attacker(scene.server.address, "127.0.0.6")
    bystander = Attacker(scene.server.address, "127.0.0.5")

    def send(number: int) -> None:
        forged = f"203.0.113.{number % 250}, 10.0.{number // 250}.{number % 250}"
        one.post("/gradio_api/reset", {"event_id": "x"}, {next(names): forged, "x-forwarded-for": forged})

    scene.send_all(partial(send, number) for number in range(REQUESTS_BEYOND))
    served = bystander.post("/gradio_api/reset", {"event_id": "x"})
    scene.attacker.statuses.update(one.statuses)
    bystander.close()
    one.close()
    problems = [] if one.statuses["429"] else ["a visitor under other names was never refused"]
    if served is None or served.status_code != httpx.codes.OK:
        problems.append("another visitor was refused as well")
    return problems


def _data(reply: str, position: int) -> str:
    try:
        return str(json.loads(reply)["data"][position])
    except (ValueError, LookupError, TypeError):
        return ""


def _messages(stream: str) -> list[object]:
    """Return the conversation in what an event gave at last."""
    try:
        last = json.loads(stream.splitlines()[-1].removeprefix("data: "))
        found = last["output"]["data"][1]
    except (ValueError, LookupError, TypeError):
        return []
    return found if isinstance(found, list) else []
