"""Web addresses: an injected resolver makes a local server look public; the default one refuses it."""

from __future__ import annotations

import gzip
import socket
import socketserver
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from time import sleep

import pytest
from command import COMMAND
from made_files import make_eml, make_epub, make_pdf

from qa.documents.formats.pdf.reader import read_pdf
from qa.documents.loader import load_paths
from qa.documents.sandbox import Sandbox
from qa.documents.web_pages import fetch, fetched_content
from qa.errors import FetchError, LoadError
from qa.network import Network, is_public, resolve
from qa.settings import Settings
from qa.types import Document

pytestmark = pytest.mark.slow

PAGE = "<html><head><title>The Bees</title></head><body><p>They make h\u00f6ney.</p><p>They dance.</p></body></html>"
Reply = bytes | Callable[[socket.socket], None]


def reply(
    body: bytes | str, content_type: str = "text/html; charset=utf-8", *headers: str, status: str = "200 OK"
) -> bytes:
    body = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    if content_type:
        lines.append(f"Content-Type: {content_type}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def redirect(location: str, status: str = "302 Found") -> bytes:
    return reply("", "", f"Location: {location}", status=status)


class Site(socketserver.ThreadingTCPServer):
    """Serves fixed replies by path, byte for byte, and records the requests."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, replies: dict[str, Reply], tls: ssl.SSLContext | None = None) -> None:
        self.replies = replies
        self.tls = tls
        self.requests: list[str] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(socketserver.BaseRequestHandler):
    server: Site

    def handle(self) -> None:
        connection: socket.socket = self.request
        try:
            if self.server.tls:
                connection = self.server.tls.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            self.server.requests.append(head.decode("latin-1"))
            answer = self.server.replies[head.split(b" ", 2)[1].decode()]
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
            connection.close()
        except OSError:
            # The reader has heard enough.
            return


@contextmanager
def serving(replies: dict[str, Reply], tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    with Site(replies, tls) as site:
        thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.shutdown()
            thread.join()


def resolve_locally(host: str, port: int) -> Sequence[str]:
    """Resolve example.org to the test's server, and other names as the system does."""
    return ["127.0.0.1"] if host.endswith("example.org") else resolve(host, port)


LOCAL_NETWORK = Network(resolve=resolve_locally, allowed=lambda address: address == "127.0.0.1" or is_public(address))


def load_url(url: str) -> Document:
    content = fetched_content(fetch(url, network=LOCAL_NETWORK))
    return content.document(Sandbox().read(content.data, content.suffix, content.source))


def refused(url: str, network: Network | None = None, max_file_mb: float = 50.0) -> str:
    with pytest.raises(FetchError) as raised:
        fetch(url, network=network, max_file_mb=max_file_mb)
    return str(raised.value)


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.215.14",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::8.8.8.8",
        "2002:808:808::1",
        "192.0.1.1",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12:3456::1",
        "ff02::1",
        "2001:db8::1",
        "2001::1",
        "100::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a00:1",
        "64:ff9b:1::7f00:1",
        "2002:7f00:1::1",
        "2002:c0a8:101::1",
        "192.0.0.8",
        "192.0.0.9",
        "192.0.0.170",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.2",
        "192.175.48.1",
        "::ffff:192.0.0.8",
        "64:ff9b::192.0.0.8",
        "100:0:0:1::1",
        "2001:1::1",
        "2001:20::1",
        "2001:30::1",
        "2620:4f:8000::1",
        "3fff::1",
        "3fff:fff:ffff::1",
        "5f00::1",
    ],
)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.0.0.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "\uff11\uff12\uff17.0.0.1",
        "169.254.169.254",
        "0xa9fea9fe",
    ],
)
def test_no_notation_of_a_local_host_is_asked(host: str) -> None:
    with serving({"/": reply(PAGE)}) as site:
        message = refused(f"http://{host}:{site.port}/")
    problems = ("is not a public address", "was not found", "is not a web address")
    assert any(problem in message for problem in problems)
    assert site.requests == []


def test_a_name_that_resolves_to_a_local_host_is_refused() -> None:
    with serving({"/": reply(PAGE)}) as site:
        url = f"http://intranet.example.org:{site.port}/"
        assert refused(url, Network(resolve=resolve_locally)) == (
            f"{url}: intranet.example.org resolves to 127.0.0.1, which is not a public address"
        )
        mixed = Network(resolve=lambda _host, _port: ["93.184.215.14", "10.0.0.1"])
        assert "resolves to 10.0.0.1, which is not a public address" in refused(url, mixed)
    assert site.requests == []


def test_a_name_is_looked_up_once_so_that_it_cannot_change_after_the_check() -> None:
    looked_up: list[str] = []

    def rebinding(host: str, _port: int) -> Sequence[str]:
        looked_up.append(host)
        return ["127.0.0.1"] if len(looked_up) == 1 else ["127.0.0.2"]

    network = Network(resolve=rebinding, allowed=lambda address: address == "127.0.0.1")
    with serving({"/": reply(PAGE)}) as site:
        assert fetch(f"http://example.org:{site.port}/", network=network).data.decode("utf-8-sig") == PAGE
    assert looked_up == ["example.org"]
    assert f"\r\nHost: example.org:{site.port}\r\n" in site.requests[0]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("file:///etc/passwd", "file:///etc/passwd: is not a web address; it must start with https:// or http://"),
        ("ftp://example.org/a", "must start with https:// or http://"),
        ("gopher://example.org/", "must start with"),
        ("data:text/html,x", "must start with"),
        ("javascript:alert(1)", "must start with"),
        ("example.org/article", "must start with"),
        ("", "must start with"),
        ("http://", "has no host name"),
        ("http:///path", "has no host name"),
        ("http://exa mple.org/", "was not found; check the address"),
        ("http://[::1", "is not a web address"),
        ("http://example.org:99999/", "is not a web address"),
        ("http://a..org/", "was not found"),
        ("http://\u00fc..org/", "is not a web address (Invalid IDNA hostname"),
        ("http://user:secret@example.org/", "http://example.org/: contains a user name or password"),
        ("http://user@example.org/", "contains a user name or password"),
        ("http://8.8.8.8@127.0.0.1/", "contains a user name or password"),
    ],
)
def test_malformed_addresses_are_refused(url: str, message: str) -> None:
    def unknown(host: str, _port: int) -> Sequence[str]:
        raise OSError(host)

    found = refused(url, Network(resolve=unknown))
    assert message in found
    assert "secret" not in found


# --- redirects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect"])
def test_redirects_are_followed(status: str) -> None:
    replies: dict[str, Reply] = {"/old/a": redirect("../new?x=1", status), "/new?x=1": reply(PAGE)}
    with serving(replies) as site:
        document = load_url(f"http://example.org:{site.port}/old/a")
    assert document.source == f"http://example.org:{site.port}/new?x=1"
    assert document.id == "example.org/new?x=1"


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("http://127.0.0.1:{port}/secret", "127.0.0.1 resolves to 127.0.0.1, which is not a public address"),
        ("//[::1]:{port}/secret", "::1 resolves to ::1, which is not a public address"),
        ("http://2130706433:{port}/secret", "2130706433 resolves to 127.0.0.1, which is not"),
        ("file:///etc/passwd", "must start with https:// or http://"),
        ("http://user:secret@example.org/", "contains a user name or password"),
    ],
)
def test_every_redirect_is_checked(location: str, message: str) -> None:
    # The server counts as public only under its name.
    def allowed(address: str) -> bool:
        return address == "127.0.0.1" and not asked_again()

    def asked_again() -> bool:
        return bool(site.requests)

    with serving({}) as site:
        site.replies["/"] = redirect(location.format(port=site.port))
        site.replies["/secret"] = reply("secret")
        url = f"http://example.org:{site.port}/"
        found = refused(url, Network(resolve=resolve_locally, allowed=allowed))
    assert found.startswith(f"{url} (redirected to ")
    assert message in found
    assert len(site.requests) == 1


def test_redirects_end() -> None:
    with serving({"/": redirect("/")}) as site:
        found = refused(f"http://example.org:{site.port}/", LOCAL_NETWORK)
    assert found.endswith("redirects more than 5 times")
    assert len(site.requests) == 6


# --- replies ----------------------------------------------------------------------------------------------------------


def slow_reply(
    body: bytes, seconds: float, head: bytes = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
) -> Reply:
    def send(connection: socket.socket) -> None:
        connection.sendall(head)
        for position in range(len(body)):
            connection.sendall(body[position : position + 1])
            sleep(seconds)

    return send


SLOW_HEAD = slow_reply(b"HTTP/1.1 200 OK\r\n" + b"X-Padding: x\r\n" * 99, 0.02, b"")


@pytest.mark.parametrize(
    ("answer", "network"),
    [
        pytest.param(slow_reply(b"", 0, b""), LOCAL_NETWORK, id="nothing"),
        pytest.param(slow_reply(b"ab", 5), replace(LOCAL_NETWORK, read_seconds=0.1), id="stops"),
        pytest.param(slow_reply(b"x" * 9999, 0.02), replace(LOCAL_NETWORK, total_seconds=1.0), id="drips"),
        pytest.param(SLOW_HEAD, replace(LOCAL_NETWORK, total_seconds=1.0), id="drips headers"),
    ],
)
def test_slow_and_silent_servers_time_out(answer: Reply, network: Network) -> None:
    with serving({"/": answer}) as site:
        found = refused(f"http://example.org:{site.port}/", network)
    assert "the response is too slow" in found or "the connection failed" in found


def test_a_slow_resolver_times_out() -> None:
    def slow(_host: str, _port: int) -> Sequence[str]:
        sleep(5)
        return []

    assert "looking up example.org timed out" in refused(
        "http://example.org/", Network(resolve=slow, connect_seconds=0.1)
    )


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(reply("x" * 2001), "has 2,001 bytes, over the limit of 2,000", id="announced"),
        pytest.param(
            slow_reply(b"", 0, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" + b"x" * 2001),
            "has more bytes than the limit of 2,000",
            id="not announced",
        ),
        pytest.param(
            reply(gzip.compress(b"x" * 10_000_000)[:1900], "text/plain", "Content-Encoding: gzip"),
            "has more bytes than the limit of 2,000",
            id="bomb",
        ),
        pytest.param(
            reply(gzip.compress(b"x" * 100)[:-9], "text/plain", "Content-Encoding: gzip"),
            "is incomplete",
            id="cut gzip",
        ),
        pytest.param(reply("plain text", "text/plain", "Content-Encoding: gzip"), "is damaged", id="no gzip"),
        pytest.param(reply("x", "text/plain", "Content-Encoding: br"), "has the content encoding 'br'", id="brotli"),
        pytest.param(reply("x", "video/mp4"), "is of type video/mp4, which is not supported", id="film"),
        pytest.param(reply("x", ""), "is of type unknown, which is not supported", id="no type"),
        pytest.param(reply("", status="404 Not Found"), "the server answered 404 Not Found", id="missing"),
        pytest.param(reply("", status="599 Odd"), "the server answered 599", id="odd status"),
        pytest.param(reply("", "", status="302 Found"), "the server answered 302 Found", id="redirect to nowhere"),
        pytest.param(b"nonsense\r\n\r\n", "the connection failed", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 9\r\n\r\nx", "failed", id="cut"),
    ],
)
def test_bad_replies_are_refused(answer: Reply, message: str) -> None:
    with serving({"/": answer}) as site:
        found = refused(f"http://example.org:{site.port}/", LOCAL_NETWORK, max_file_mb=0.002)
    assert found.startswith(f"http://example.org:{site.port}/: ")
    assert message in found


def test_a_closed_port_is_reported() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert f"http://example.org:{port}/: the connection failed" in refused(f"http://example.org:{port}/", LOCAL_NETWORK)


@pytest.mark.parametrize(
    ("path", "answer", "title", "text"),
    [
        pytest.param("/bees", reply(PAGE), "The Bees", "They make h\u00f6ney.\n\nThey dance.", id="HTML"),
        pytest.param(
            "/bees",
            reply(gzip.compress(PAGE.encode()), "text/html; charset=utf-8", "Content-Encoding: gzip"),
            "The Bees",
            "They make h\u00f6ney.\n\nThey dance.",
            id="packed HTML",
        ),
        pytest.param(
            "/bees",
            reply(PAGE.encode("cp1252"), "text/html; charset=ISO-8859-1"),
            "The Bees",
            "They make h\u00f6ney.\n\nThey dance.",
            id="HTML in Latin-1",
        ),
        pytest.param(
            "/bees",
            reply(PAGE.encode("utf-16-le"), "application/xhtml+xml; charset=utf-16-le"),
            "The Bees",
            "They make h\u00f6ney.\n\nThey dance.",
            id="XHTML in the charset that the server declares",
        ),
        pytest.param(
            "/", reply("Gr\u00fc\u00dfe".encode("utf-16-le"), "text/plain; charset=utf-16-le"), "Example.org",
            "Gr\u00fc\u00dfe", id="text in UTF-16",
        ),
        pytest.param("/notes.md", reply("# Bees\n\nx", "text/plain"), "Bees", "# Bees\n\nx", id="Markdown as text"),
        pytest.param("/get", reply("# Bees\n", "text/markdown"), "Bees", "# Bees\n", id="Markdown"),
        pytest.param(
            "/get?id=7",
            reply(
                make_epub("<p>They swarm.</p>"),
                "application/octet-stream",
                'Content-Disposition: attachment; filename="b.epub"',
            ),
            "The Bees",
            "They swarm.",
            id="e-book by its file name",
        ),
        pytest.param(
            "/mail",
            reply(make_eml("They swarm."), "message/rfc822"),
            "Bees",
            "---\nFrom: Ann <ann@example.org>\nTo: Bob <bob@example.org>\n"
            "Date: Mon, 03 Mar 2025 10:00:00 +0000\n---\n\n# Bees\n\nThey swarm.",
            id="mail",
        ),
        pytest.param("/caf\u00e9 x", reply("Text.", "text/plain"), "Caf\u00e9 x", "Text.", id="path not in ASCII"),
    ],
)  # fmt: skip
def test_a_reply_is_loaded_by_its_content_type(path: str, answer: bytes, title: str, text: str) -> None:
    asked = path.replace("\u00e9 ", "%C3%A9%20")
    with serving({asked: answer}) as site:
        document = load_url(f" http://example.org:{site.port}{path}\n")
    assert (document.title, document.text) == (title, text)
    assert document.id == f"example.org{path}".rstrip("/")


def test_a_pdf_is_loaded() -> None:
    data = make_pdf("Bees dance.")
    with serving({"/x": reply(data, "application/pdf")}) as site:
        document = load_url(f"http://example.org:{site.port}/x")
    assert document.text == read_pdf(data, "x").text
    assert document.page_starts == (0,)


def test_a_picture_is_fetched() -> None:
    with serving({"/scan": reply("x", "image/png")}) as site:
        assert fetch(f"http://example.org:{site.port}/scan", network=LOCAL_NETWORK).name == "scan.png"


def test_what_cannot_be_read_is_named_by_its_address() -> None:
    with serving({"/x.txt": reply(b"\0\1\2", "text/plain")}) as site:
        url = f"http://example.org:{site.port}/x.txt"
        with pytest.raises(LoadError, match=f"{url}: looks binary: 3 of 3 characters"):
            load_url(url)


# --- certificates -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "good"), [("example.org", True), ("other.example.org", False)], ids=["its name", "another name"]
)
def test_the_certificate_is_checked_for_the_name_although_a_number_is_connected_to(host: str, good: bool) -> None:
    import trustme

    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("example.org").configure_cert(server)
    authority.configure_trust(client)
    with serving({"/": reply(PAGE)}, server) as site:
        url = f"https://{host}:{site.port}/"
        if good:
            assert fetch(url, network=replace(LOCAL_NETWORK, tls=client)).data.decode("utf-8-sig") == PAGE
        else:
            assert "CERTIFICATE_VERIFY_FAILED" in refused(url, replace(LOCAL_NETWORK, tls=client))


def test_an_unknown_authority_is_refused() -> None:
    import trustme

    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("example.org").configure_cert(server)
    with serving({"/": reply(PAGE)}, server) as site:
        assert "CERTIFICATE_VERIFY_FAILED" in refused(f"https://example.org:{site.port}/", LOCAL_NETWORK)


def test_a_handshake_without_end_times_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        found = refused(f"https://example.org:{port}/", replace(LOCAL_NETWORK, total_seconds=1.0))
    assert "no connection within" in found or "the connection failed" in found


# --- where addresses are taken ----------------------------------------------------------------------------------------


def test_load_paths_takes_addresses_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("Text.")
    monkeypatch.setattr("qa.network.Network", lambda: LOCAL_NETWORK)
    with serving({"/bees": reply(PAGE)}) as site:
        report = load_paths([tmp_path, f"http://example.org:{site.port}/bees"])
        assert [document.id for document in report.documents] == ["a.txt", "example.org/bees"]
        with pytest.raises(FetchError, match="web addresses are turned off; set QA_ALLOW_URLS=true"):
            load_paths(f"http://example.org:{site.port}/bees", Settings(allow_urls=False))
    assert len(site.requests) == 1


def test_the_command_refuses_a_local_address() -> None:
    with serving({"/": reply(PAGE)}) as site:
        arguments = ["ask", "--docs", f"http://127.0.0.1:{site.port}/", "What?"]
        command = [*COMMAND, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert (
        done.stderr.strip()
        == f"qa: http://127.0.0.1:{site.port}/: 127.0.0.1 resolves to 127.0.0.1, which is not a public address"
    )
    assert site.requests == []
