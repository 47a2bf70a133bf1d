"""Servers whose certificates are wrong, each in its own way: refused, and told of as what it is."""

import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from orchestration.sources.client import AuthoritiesError, Client, FetchError, Pace

_AUTHORITY = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign\n"
_SERVER = "basicConstraints=critical,CA:false\nsubjectAltName=IP:127.0.0.1\n"


class Certificates:
    """A small hierarchy of authorities, made with the command openssl."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def issue(self, name: str, extensions: str, *, by: str = "", days: int = 2) -> str:
        """Make a key and a certificate: another authority's, or one's own."""
        settings = self.path(name, "cnf")
        settings.write_text(
            f"[req]\ndistinguished_name=dn\n[dn]\n[ext]\n{extensions}subjectKeyIdentifier=hash\n"
            + ("authorityKeyIdentifier=keyid\n" if by else "")
        )
        wanted = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        wanted += ["-subj", f"/CN={name}", "-config", str(settings)]
        wanted += ["-keyout", str(self.path(name, "key"))]
        crt, csr = str(self.path(name, "crt")), str(self.path(name, "csr"))
        if not by:
            _openssl("req", "-x509", *wanted, "-days", str(days), "-extensions", "ext", "-out", crt)
            return name
        _openssl("req", *wanted, "-out", csr)
        signed_by = ["-CA", str(self.path(by, "crt")), "-CAkey", str(self.path(by, "key"))]
        extended = ["-extfile", str(settings), "-extensions", "ext"]
        _openssl("x509", "-req", "-in", csr, *signed_by, *extended, "-days", str(days), "-out", crt)
        return name

    def path(self, name: str, kind: str) -> Path:
        return self.directory / f"{name}.{kind}"

    def bundle(self, *names: str) -> Path:
        """Certificates after each other in one file."""
        path = self.directory / f"{'+'.join(names)}.pem"
        path.write_text("".join(self.path(name, "crt").read_text() for name in names))
        return path

    def server(self, *chain: str) -> ssl.SSLContext:
        """What a server needs that sends these certificates, its own first."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.bundle(*chain), self.path(chain[0], "key"))
        return context


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


@dataclass
class Servers:
    """Servers on loopback, by what is wrong with them, and the certificates they are made of."""

    certificates: Certificates
    addresses: dict[str, str]

    def client(self, kind: str, *trusted: str, host: str = "127.0.0.1") -> Client:
        """A client that trusts the public authorities and some others, and asks one server."""
        address = self.addresses[kind].replace("127.0.0.1", host)
        ca_file = self.certificates.bundle(*trusted) if trusted else None
        waits = partial(pytest.fail, "a refused certificate is not asked about again")
        return Client(
            {"bra": address}, {"bra": Pace(None)}, ca_file=ca_file, sleep=lambda _: waits()
        )

    def refusal(self, kind: str, *trusted: str, host: str = "127.0.0.1") -> str:
        """What is said of a server that is not trusted."""
        client = self.client(kind, *trusted, host=host)
        with client, pytest.raises(FetchError) as refused:
            client.get("bra", "/start")
        assert "Kontrollen av certifikat stängs aldrig av" in refused.value.message_sv
        return refused.value.message_sv


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


class _Listening(HTTPServer):
    def handle_error(self, *_: object) -> None:
        """A client that breaks off is what is tested."""


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    made = Certificates(tmp_path_factory.mktemp("tls"))
    made.issue("rot", _AUTHORITY)
    made.issue("mellan", _AUTHORITY, by="rot")
    made.issue("annan", _AUTHORITY, by="rot")
    made.issue("server", _SERVER, by="mellan")
    made.issue("gammal", _SERVER, by="mellan", days=-1)
    made.issue("egen", _SERVER)
    contexts = {
        "whole": made.server("server", "mellan"),
        "leaf_alone": made.server("server"),
        "wrong_intermediate": made.server("server", "annan"),
        "with_root": made.server("server", "mellan", "rot"),
        "self_signed": made.server("egen"),
        "expired": made.server("gammal", "mellan"),
    }
    with ExitStack() as running:
        addresses = {}
        for kind, context in contexts.items():
            listening = running.enter_context(_Listening(("127.0.0.1", 0), _Handler))
            # The handshake is the handler's thread's, so that one that fails ends nothing.
            listening.socket = context.wrap_socket(listening.socket, server_side=True)
            threading.Thread(
                target=partial(listening.serve_forever, poll_interval=0.02), daemon=True
            ).start()
            running.callback(listening.shutdown)
            addresses[kind] = f"https://127.0.0.1:{listening.server_address[1]}"
        yield Servers(made, addresses)


def test_a_server_that_sends_its_whole_chain_is_trusted(servers: Servers) -> None:
    with servers.client("whole", "rot") as client:
        assert client.get("bra", "/start").content == b"{}"
        with client.dialogue() as visitor:
            assert visitor.get("bra", "/start").content == b"{}"


@pytest.mark.parametrize("kind", ["leaf_alone", "wrong_intermediate"])
def test_a_server_that_leaves_out_its_intermediate_is_told_of_with_its_host(
    servers: Servers, kind: str
) -> None:
    said = servers.refusal(kind, "rot")
    assert said.startswith("bra, /start: 127.0.0.1: certifikatkedjan är ofullständig")
    assert "Gör så här: hämta utfärdarens certifikat" in said
    assert "AVVIK_CA_FILE" in said


@pytest.mark.parametrize("kind", ["leaf_alone", "wrong_intermediate"])
def test_the_missing_intermediate_in_the_file_completes_the_chain(
    servers: Servers, kind: str
) -> None:
    with servers.client(kind, "rot", "mellan") as client:
        assert client.get("bra", "/start").content == b"{}"


def test_another_authority_in_the_file_completes_nothing(servers: Servers) -> None:
    assert "certifikatkedjan är ofullständig" in servers.refusal("leaf_alone", "rot", "annan")


def test_a_server_that_vouches_for_itself_is_refused(servers: Servers) -> None:
    assert "127.0.0.1: certifikatet är utfärdat av servern själv" in servers.refusal("self_signed")
    with servers.client("self_signed", "egen") as client:
        assert client.get("bra", "/start").content == b"{}"


def test_a_chain_that_ends_with_an_unknown_authority_is_refused(servers: Servers) -> None:
    said = servers.refusal("with_root")
    assert "certifikatkedjan slutar hos en utfärdare som inte är betrodd" in said
    assert "ange dess rotcertifikat som PEM i AVVIK_CA_FILE" in said


def test_a_certificate_for_another_host_is_refused(servers: Servers) -> None:
    # `localhost` is the same machine, under a name that the certificate does not have.
    said = servers.refusal("whole", "rot", host="localhost")
    assert "localhost: certifikatet gäller en annan värd" in said


def test_a_certificate_that_has_expired_is_refused(servers: Servers) -> None:
    assert "127.0.0.1: certifikatet har gått ut" in servers.refusal("expired", "rot")


def test_a_file_that_holds_no_certificate_is_refused_by_name(tmp_path: Path) -> None:
    empty = tmp_path / "tom.pem"
    empty.write_text("inget certifikat\n", encoding="utf-8")
    with pytest.raises(
        AuthoritiesError, match=r"tom\.pem i AVVIK_CA_FILE går inte att läsa"
    ) as told:
        Client({"bra": "https://127.0.0.1:9"}, {"bra": Pace(None)}, ca_file=empty)
    assert "Gör så här: lägg certifikaten i den som PEM" in str(told.value)
