"""The key is sent only over a TLS connection to the host it is meant for, and a refusal says what to do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.raw_server import Endpoint
from harness.simulator import run_of, scenario_of

ONE_RUN = scenario_of(run_of("t/r"))
SYSTEM_AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")


@pytest.mark.parametrize(
    ("certificate", "said", "advice"),
    [
        ("expired", "it expired on 20", "set this machine's clock right"),
        ("not-yet-valid", "it is not valid before 20", "set this machine's clock right"),
        ("wrong-host", "it is for the wrong host: elsewhere.example", "check the host name in --base-url"),
        ("self-signed", "it is self-signed", "name its PEM file with --ca-file"),
        ("unknown-ca", 'it is signed by an unknown authority, "A CA that nobody knows"', "with --ca-file"),
    ],
)
def test_a_refused_certificate_is_4_and_says_why(
    runwatch: Runwatch, start_sim: SimulatorStarter, certificate: str, said: str, advice: str
) -> None:
    sim = start_sim(ONE_RUN, "--certificate", certificate)
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 4, outcome
    assert f"the certificate of 127.0.0.1:{sim.port} is refused: {said}" in outcome.stderr
    assert advice in outcome.stderr
    assert sim.requests() == []


def test_an_authority_that_the_system_does_not_know_is_refused_without_a_ca_file(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    sim = start_sim(ONE_RUN)
    outcome = runwatch.wait(Endpoint(sim.base_url), "t/r")
    assert outcome.code == 4, outcome
    assert 'signed by an unknown authority, "runwatch-sim CA"' in outcome.stderr
    assert "--ca-file" in outcome.stderr
    assert sim.requests() == []


def test_a_ca_file_replaces_the_systems_authorities(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path
) -> None:
    sim = start_sim(ONE_RUN)
    assert sim.ca_file is not None
    assert runwatch.wait(Endpoint(sim.base_url, SYSTEM_AUTHORITIES), "t/r").code == 4
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(f"{SYSTEM_AUTHORITIES.read_text()}\n# and ours\n{sim.ca_file.read_text()}")
    assert runwatch.wait(Endpoint(sim.base_url, bundle), "t/r").code == 0


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_safe_versions_of_tls_are_spoken(runwatch: Runwatch, start_sim: SimulatorStarter, version: str) -> None:
    sim = start_sim(ONE_RUN, "--tls-max", version)
    assert runwatch.wait(sim, "t/r").code == 0


def test_an_old_version_of_tls_is_refused(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(ONE_RUN, "--tls-max", "1.1")
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 4, outcome
    assert "it offers no TLS version that is safe; it must speak TLS 1.2 or newer" in outcome.stderr
    assert sim.requests() == []


@pytest.mark.parametrize("certificate", ["good", "wrong-host"])
def test_a_name_is_checked_and_sent(runwatch: Runwatch, start_sim: SimulatorStarter, certificate: str) -> None:
    sim = start_sim(ONE_RUN, "--certificate", certificate)
    sim.base_url = sim.base_url.replace("127.0.0.1", "localhost")
    assert runwatch.wait(sim, "t/r").code == (0 if certificate == "good" else 4)


def test_a_name_that_the_certificate_does_not_hold_is_refused(
    runwatch: Runwatch, start_sim: SimulatorStarter
) -> None:
    sim = start_sim(ONE_RUN)
    sim.base_url = sim.base_url.replace("127.0.0.1", "other.localhost")
    outcome = runwatch.wait(sim, "t/r")
    assert outcome.code == 4, outcome
    assert "it is for the wrong host: localhost, 127.0.0.1, ::1; check the host name" in outcome.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read: No such file or directory"),
        ("", "holds no certificate in PEM form"),
        ("nothing of the kind\n", "holds no certificate in PEM form"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "holds no certificate in PEM form"),
    ],
)
def test_a_wrong_ca_file_is_78(
    runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path, content: str | None, said: str
) -> None:
    sim = start_sim(ONE_RUN)
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    outcome = runwatch.wait(Endpoint(sim.base_url, file), "t/r")
    assert outcome.code == 78, outcome
    assert f"the CA file {file} {said}" in outcome.stderr
    assert sim.requests() == []


def test_a_directory_as_ca_file_is_78(runwatch: Runwatch, start_sim: SimulatorStarter, tmp_path: Path) -> None:
    outcome = runwatch.wait(Endpoint(start_sim(ONE_RUN).base_url, tmp_path), "t/r")
    assert outcome.code == 78, outcome
    assert f"the CA file {tmp_path}" in outcome.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "api.localhost"])
def test_plain_http_is_allowed_on_this_machine(runwatch: Runwatch, start_sim: SimulatorStarter, host: str) -> None:
    sim = start_sim(ONE_RUN, "--plain")
    sim.base_url = sim.base_url.replace("127.0.0.1", host)
    assert runwatch.wait(sim, "t/r").code == 0


def test_plain_http_beyond_this_machine_must_be_allowed(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(ONE_RUN, "--plain")
    # It leads to this machine, but is no address of loopback.
    sim.base_url = sim.base_url.replace("127.0.0.1", "0.0.0.0")
    assert runwatch.wait(sim, "t/r").code == 64
    assert sim.requests() == []
    assert runwatch.wait(sim, "t/r", "--allow-http").code == 0


def test_https_to_a_port_that_speaks_http_says_so(runwatch: Runwatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = runwatch.start_wait(secure(listener), "t/r", "--timeout", "0s")
        connection, _ = listener.accept()
        with connection:
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
            outcome = running.finish()
    assert outcome.code == 5, outcome
    assert "it does not speak TLS; check the port" in outcome.stderr


def secure(listener: socket.socket) -> Endpoint:
    """The https:// address of a socket that listens."""
    return Endpoint(f"https://127.0.0.1:{listener.getsockname()[1]}/v2")


def test_http_to_a_port_that_speaks_https_is_a_failure(runwatch: Runwatch, start_sim: SimulatorStarter) -> None:
    sim = start_sim(ONE_RUN)
    outcome = runwatch.wait(Endpoint(sim.base_url.replace("https://", "http://")), "t/r", "--timeout", "0s")
    assert outcome.code == 5, outcome


def test_a_handshake_that_hangs_ends_with_the_deadline(runwatch: Runwatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        outcome = runwatch.wait(secure(listener), "t/r", "--timeout", "1s")
    assert outcome.code == 5, outcome
    assert outcome.seconds < 4
    assert "no answer in time" in outcome.stderr
