"""The API is reached through a proxy where the environment or an option says so."""

from __future__ import annotations

import re
import socket
from typing import Iterator

import pytest

from conftest import SimulatorStarter
from harness.process import Runwatch
from harness.proxy import Proxy
from harness.raw_server import ClosedPort, RawServer
from harness.simulator import Simulator, run_of, scenario_of


@pytest.fixture
def sim(start_sim: SimulatorStarter) -> Simulator:
    """An API with one run that takes a few looks."""
    return start_sim(scenario_of(run_of("t/r", running="150ms")))


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy that asks nobody who they are."""
    found = Proxy()
    yield found
    found.close()


@pytest.fixture
def locked_proxy() -> Iterator[Proxy]:
    """A proxy that wants a user name and a password."""
    found = Proxy("user:p@ss w:rd")
    yield found
    found.close()


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy"])
def test_the_environment_names_a_proxy(runwatch: Runwatch, sim: Simulator, proxy: Proxy, variable: str) -> None:
    outcome = runwatch.wait(sim, "t/r", env={variable: proxy.url})
    assert outcome.code == 0, outcome
    (request,) = proxy.requests
    assert (request.method, request.target) == ("CONNECT", f"127.0.0.1:{sim.port}")
    assert request.headers["host"] == request.target
    assert "authorization" not in request.headers


def test_a_host_name_is_left_to_the_proxy(runwatch: Runwatch, sim: Simulator, proxy: Proxy) -> None:
    sim.base_url = sim.base_url.replace("127.0.0.1", "sim.test")
    outcome = runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": proxy.url})
    assert outcome.code == 0, outcome
    assert [request.target for request in proxy.requests] == [f"sim.test:{sim.port}"]


def test_the_lower_case_name_wins(runwatch: Runwatch, sim: Simulator, proxy: Proxy) -> None:
    env = {"https_proxy": proxy.url, "HTTPS_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    assert runwatch.wait(sim, "t/r", env=env).code == 0
    assert len(proxy.requests) == 1


def test_the_option_wins_over_the_environment(runwatch: Runwatch, sim: Simulator, proxy: Proxy) -> None:
    env = {"https_proxy": "http://127.0.0.1:1"}
    assert runwatch.wait(sim, "t/r", "--proxy", proxy.url, env=env).code == 0
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("url", ["{url}/", "127.0.0.1:{port}", "http://localhost:{port}"])
def test_a_proxy_may_be_written_in_several_ways(
    runwatch: Runwatch, sim: Simulator, proxy: Proxy, url: str
) -> None:
    written = url.format(url=proxy.url, port=proxy.port)
    assert runwatch.wait(sim, "t/r", "--proxy", written).code == 0
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
@pytest.mark.parametrize("bypass", ["*", "127.0.0.1", "other.example, 127.0.0.0/8", "127.0.0.1:{port}"])
def test_what_needs_no_proxy_gets_none(
    runwatch: Runwatch, sim: Simulator, proxy: Proxy, variable: str, bypass: str
) -> None:
    env = {"HTTPS_PROXY": proxy.url, variable: bypass.format(port=sim.port)}
    assert runwatch.wait(sim, "t/r", env=env).code == 0
    assert proxy.requests == []


@pytest.mark.parametrize("bypass", ["127.0.0.2", "10.0.0.0/8", "127.0.0.1:1", "0.1", "localhost"])
def test_what_is_not_listed_goes_through_the_proxy(
    runwatch: Runwatch, sim: Simulator, proxy: Proxy, bypass: str
) -> None:
    assert runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": proxy.url, "NO_PROXY": bypass}).code == 0
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("bypass", ["localhost", ".localhost", "LOCALHOST", "x, localhost"])
def test_a_name_is_bypassed_with_its_subdomains(
    runwatch: Runwatch, sim: Simulator, proxy: Proxy, bypass: str
) -> None:
    sim.base_url = sim.base_url.replace("127.0.0.1", "localhost")
    assert runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": proxy.url, "NO_PROXY": bypass}).code == 0
    assert proxy.requests == []


def test_plain_http_on_this_machine_needs_no_proxy(
    runwatch: Runwatch, start_sim: SimulatorStarter, proxy: Proxy
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")), "--plain")
    env = {"HTTPS_PROXY": proxy.url, "HTTP_PROXY": proxy.url, "http_proxy": proxy.url, "ALL_PROXY": proxy.url}
    assert runwatch.wait(sim, "t/r", env=env).code == 0
    assert proxy.requests == []


def test_credentials_are_sent_to_the_proxy(runwatch: Runwatch, sim: Simulator, locked_proxy: Proxy) -> None:
    url = locked_proxy.with_credentials("user:p%40ss%20w%3Ard")
    outcome = runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": url})
    assert outcome.code == 0, outcome


@pytest.mark.parametrize("credentials", ["", "user:hunter2"])
def test_credentials_that_are_refused_are_4(
    runwatch: Runwatch, sim: Simulator, locked_proxy: Proxy, credentials: str
) -> None:
    url = locked_proxy.with_credentials(credentials) if credentials else locked_proxy.url
    outcome = runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": url})
    assert outcome.code == 4, outcome
    assert f"the proxy 127.0.0.1:{locked_proxy.port} refused our credentials (407)" in outcome.stderr
    assert "hunter2" not in outcome.stderr + outcome.stdout
    assert sim.report()["requests"] == 0


def test_credentials_on_the_command_line_are_refused(
    runwatch: Runwatch, sim: Simulator, locked_proxy: Proxy
) -> None:
    outcome = runwatch.wait(sim, "t/r", "--proxy", locked_proxy.with_credentials("user:hunter2"))
    assert outcome.code == 64, outcome
    assert "hunter2" not in outcome.stderr
    assert locked_proxy.requests == []


@pytest.mark.parametrize("status", [403, 502, 503])
def test_a_proxy_that_will_not_connect_is_5(runwatch: Runwatch, sim: Simulator, status: int) -> None:
    proxy = Proxy(status=status)
    outcome = runwatch.wait(sim, "t/r", "--timeout", "0s", env={"HTTPS_PROXY": proxy.with_credentials("user:hunter2")})
    proxy.close()
    assert outcome.code == 5, outcome
    assert f"refused to connect to 127.0.0.1:{sim.port}: it answered {status}" in outcome.stderr
    assert "hunter2" not in outcome.stderr + outcome.stdout


def test_a_proxy_that_is_not_there_is_5(runwatch: Runwatch, sim: Simulator) -> None:
    port = ClosedPort()
    url = port.base_url.removesuffix("/v2")
    outcome = runwatch.wait(sim, "t/r", "--timeout", "0s", env={"HTTPS_PROXY": url})
    port.close()
    assert outcome.code == 5, outcome
    assert "the proxy cannot be reached: cannot connect to 127.0.0.1" in outcome.stderr


def test_a_proxy_that_hangs_is_5_and_on_time(runwatch: Runwatch, sim: Simulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        outcome = runwatch.wait(sim, "t/r", "--timeout", "1s", env={"HTTPS_PROXY": url})
    assert outcome.code == 5, outcome
    assert outcome.seconds < 6
    assert f"asked to connect to 127.0.0.1:{sim.port}, did not answer in time" in outcome.stderr


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200", b"\0" * 64])
def test_a_proxy_that_talks_nonsense_is_5(runwatch: Runwatch, sim: Simulator, answer: bytes) -> None:
    server = RawServer(lambda _request: answer, answers_per_connection=1)
    env = {"HTTPS_PROXY": server.base_url.removesuffix("/v2")}
    outcome = runwatch.wait(sim, "t/r", "--timeout", "0s", env=env)
    server.close()
    assert outcome.code == 5, outcome
    assert f"the proxy 127.0.0.1:{server.port}, asked to connect to" in outcome.stderr


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1:1", "socks5://127.0.0.1:1", "http://", "http://127.0.0.1:port", "http://127.0.0.1/path"]
)
def test_a_proxy_that_cannot_be_used_is_78(runwatch: Runwatch, sim: Simulator, url: str) -> None:
    outcome = runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": url.replace("//", "//user:hunter2@")})
    assert outcome.code == 78, outcome
    assert re.search("the proxy .* cannot be used: ", outcome.stderr)
    assert "hunter2" not in outcome.stderr


def test_the_certificate_behind_a_proxy_is_checked(
    runwatch: Runwatch, start_sim: SimulatorStarter, proxy: Proxy
) -> None:
    sim = start_sim(scenario_of(run_of("t/r")), "--certificate", "wrong-host")
    outcome = runwatch.wait(sim, "t/r", env={"HTTPS_PROXY": proxy.url})
    assert outcome.code == 4, outcome
    assert sim.requests() == []
