"""Ask a server the same question until this process is ended; print each answer's time as a line of JSON.

Started by `attack_server.OtherVisitor`. A line is a list: when the question was sent, on the clock that all processes
share; the seconds until its answer; what went wrong, empty if nothing did.
"""

from __future__ import annotations

import json
import sys
from time import monotonic, sleep

import httpx
from attack_requests import ENDED, client_from, read_events

QUESTION, ANSWER = "Which fighter jets did China buy?", "Su-35"
OWN_ADDRESS = "127.0.0.200"
ASKED_EACH = 2.5  # seconds: 24 questions a minute, of the 30 that a visitor of a Space has
TIMEOUT_SECONDS = 30.0  # seconds, after which an answer counts as lost


def ask(address: str) -> str:
    """Ask a server the question whose answer is known; return what went wrong, if anything."""
    try:
        with client_from(OWN_ADDRESS, address, TIMEOUT_SECONDS) as client:
            joined = client.post("/gradio_api/call/ask", json={"data": [QUESTION, None, None, ""]})
            if joined.status_code != httpx.codes.OK:
                return f"{joined.status_code}: {joined.text[:100]}"
            stream = read_events(client, f"/gradio_api/call/ask/{joined.json()['event_id']}", ENDED, TIMEOUT_SECONDS)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        return f"{type(error).__name__}: {str(error)[:100]}"
    return "" if ANSWER in stream else f"another answer: {stream[-100:]}" if stream else "no answer"


if __name__ == "__main__":
    while True:
        started = monotonic()
        problem = ask(sys.argv[1])
        print(json.dumps([started, monotonic() - started, problem]), flush=True)
        sleep(max(0.5, ASKED_EACH - (monotonic() - started)))
