"""Following: every new run of a test or a suite is found and reported once, whatever happens meanwhile."""

from __future__ import annotations

import json
import random
import subprocess
from collections import Counter
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from conftest import DaemonMaker, SimulatorStarter
from harness.control import ControlApi
from harness.daemon import Daemon, config_of, file_sink, ref_of
from harness.process import Runwatch
from harness.simulator import Simulator
from harness.waiting import wait_for

ORDERS = ("newest", "oldest", "scattered")

#: Runs of the tests live for so long.
SHORT = {"pending": "0s", "starting": "100ms", "running": "300ms"}


def follower_of(sim: Simulator, make_daemon: DaemonMaker, *entries: dict[str, Any], **more: Any) -> Daemon:
    """A daemon that follows what the entries say, looking each second, and writes results to a file."""
    config = config_of(sim, sinks=[file_sink()], **more)
    config["follow"] = [{"every": "1s"} | entry for entry in entries]
    return make_daemon(config)


def reported(daemon: Daemon) -> list[str]:
    """The runs that the daemon reported, in order."""
    return [ref_of(result) for result in daemon.results()]


def wait_for_reports(daemon: Daemon, refs: set[str], ceiling: float = 30) -> None:
    """Waits until all of these runs are reported."""
    wait_for(f"{len(refs)} reports", lambda: refs <= set(reported(daemon)), ceiling)


def assert_once(daemon: Daemon, expected: set[str]) -> None:
    """Each of these runs was reported once, and no other."""
    counts = Counter(reported(daemon))
    assert set(counts) == expected, set(counts) ^ expected
    assert set(counts.values()) <= {1}, [ref for ref, count in counts.items() if count > 1]


def lists_read(sim: Simulator) -> int:
    """How many requests for lists of runs there were."""
    endpoints = sim.sums()["endpoints"]
    return endpoints["list_runs"] + endpoints["list_suite_runs"]


def test_reports_what_appears(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    births = [{"count": 20, "from": "-2h", "over": "1h"}, {"count": 15, "from": "1s", "over": "2s"}]
    sim = start_sim({"tests": [{"test": "T", "births": births, "verdicts": {"passed": 1, "failed": 1}, **SHORT}]}, "--plain")
    old = set(sim.runs())
    daemon = follower_of(sim, make_daemon, {"test": "T", "labels": {"team": "voice"}})
    daemon.config["http"] = {"listen": "127.0.0.1:0"}
    daemon.start()
    wait_for("all births", lambda: len(sim.runs()) == 35)
    new = set(sim.runs()) - old
    wait_for_reports(daemon, new)
    [told] = ControlApi.of(daemon).get("/v1/status")["following"]
    assert (told["name"], told["gone"], told["runs_found"], told["error"]) == ("test T", False, 15, None)
    assert told["since"] < told["last_look"] < told["next_look"]
    daemon.stop()
    assert_once(daemon, new)
    assert {json.dumps(result["data"]["watch"]["labels"]) for result in daemon.results()} == {'{"team": "voice"}'}


@pytest.mark.parametrize("order", (*ORDERS, "shuffled"))
def test_reports_each_run_once_however_often_it_is_killed(
    order: str, start_sim: SimulatorStarter, make_daemon: DaemonMaker
) -> None:
    chance = random.Random(order)
    tests = [
        {
            "test": f"T{number}",
            "births": [{"count": 150, "from": "-2h", "over": "1h"}, {"count": 100, "from": "1s", "over": "3s"}],
            "duration": {"distribution": "lognormal", "median": "600ms", "sigma": 0.5},
            "verdicts": {"passed": 0.7, "failed": 0.2, "error": 0.1},
        }
        for number in range(3)
    ]
    sim = start_sim({"list_order": order, "record_times": False, "tests": tests}, "--plain", "--quiet")
    old = set(sim.runs())
    daemon = follower_of(sim, make_daemon, *({"test": test["test"]} for test in tests))
    daemon.start()
    while len(sim.runs()) < 750:
        try:
            daemon.running.process.wait(chance.uniform(0.1, 0.9))
        except subprocess.TimeoutExpired:
            pass
        daemon.kill()
        daemon.launch()
    daemon.kill()
    daemon.start()
    new = set(sim.runs()) - old
    assert len(new) == 300
    wait_for_reports(daemon, new, 60)
    daemon.stop()
    assert_once(daemon, new)


def test_reports_what_began_and_ended_while_it_was_down(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    births = [{"count": 130, "from": "-2h", "over": "1h"}, {"count": 30, "from": "1500ms", "over": "1s"}]
    sim = start_sim({"list_order": "scattered", "tests": [{"test": "T", "births": births, **SHORT}]}, "--plain")
    old = set(sim.runs())
    daemon = follower_of(sim, make_daemon, {"test": "T", "every": "1h"}).start()
    wait_for("the first sweep", lambda: lists_read(sim) >= 2)
    daemon.stop()
    wait_for("all runs to have ended", lambda: [*sim.runs().values()] == 160 * ["passed"])
    daemon.start()
    new = set(sim.runs()) - old
    wait_for_reports(daemon, new)
    daemon.stop()
    assert_once(daemon, new)


@pytest.mark.parametrize("order", ORDERS)
def test_costs_one_request_a_look_at_ten_thousand_old_runs(
    order: str, start_sim: SimulatorStarter, make_daemon: DaemonMaker
) -> None:
    births = [{"count": 10_000, "from": "-30d", "over": "29d"}]
    test = {"test": "T", "births": births, "running": "3s"}
    sim = start_sim({"list_order": order, "record_times": False, "tests": [test]}, "--plain", "--quiet")
    daemon = follower_of(sim, make_daemon, {"test": "T"}).start()
    wait_for("the first sweep", lambda: lists_read(sim) >= 100, 30)
    wait_for("three looks", lambda: lists_read(sim) >= 103)
    before = lists_read(sim)
    assert before < 110
    ref = sim.trigger("T")
    daemon.wait_for_results(1)
    # Besides one a second: both ends of the list and what has not ended, where it is in no order; and the past of the
    # test, which the poller reads.
    assert lists_read(sim) <= before + 5 + 6
    daemon.stop()
    assert_once(daemon, {ref})


def test_tells_once_of_a_test_that_is_deleted_and_goes_on_with_others(
    start_sim: SimulatorStarter, make_daemon: DaemonMaker
) -> None:
    tests = [
        {"test": "gone", "deleted_at": "3s", "births": [{"count": 3, "from": "1s"}], **SHORT},
        {"test": "there", "births": [{"count": 1, "from": "6s"}], **SHORT},
    ]
    sim = start_sim({"unknown_runs": "not_found", "tests": tests}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "gone"}, {"test": "there"}, {"test": "never"}).start()
    line = daemon.wait_for_line("what is followed is not there", follows="test gone")
    assert line["level"] == "error"
    daemon.wait_for_line("what is followed is not there", follows="test never")
    wait_for("the new run", lambda: any(ref.startswith("there/") for ref in reported(daemon)), 20)
    daemon.stop()
    assert len(daemon.lines("what is followed is not there")) == 2
    assert len([ref for ref in reported(daemon) if ref.startswith("gone/")]) == 3


def test_follows_all_suites_and_those_to_come(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    tests = [
        {"test": "A", "suite": "early", "births": [{"count": 5, "from": "1s", "over": "2s"}, {"count": 5, "from": "-1h"}], **SHORT},
        {"test": "B", "suite": "late", "created_at": "3s", "births": [{"count": 5, "from": "3s", "over": "2s"}], **SHORT},
        {"test": "C", "suite": "own", "births": [{"count": 2, "from": "1s"}], **SHORT},
        {"test": "D", "births": [{"count": 2, "from": "1s"}], **SHORT},
    ]
    sim = start_sim({"tests": tests}, "--plain")
    own = {"suite": "own", "labels": {"by": "its own entry"}}
    daemon = follower_of(sim, make_daemon, {"suite": "*", "labels": {"by": "all"}}, own).start()
    old = {ref for ref, status in sim.runs().items() if status == "passed"}
    wait_for("all births", lambda: len(sim.runs()) == 19)
    new = {ref for ref in sim.runs() if not ref.startswith("D/")} - old
    wait_for_reports(daemon, new)
    daemon.stop()
    assert_once(daemon, new)
    labels = {(ref_of(result)[0], result["data"]["watch"]["labels"]["by"]) for result in daemon.results()}
    assert labels == {("A", "all"), ("B", "all"), ("C", "its own entry")}


def test_reports_history_from_when_it_is_told(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    births = [{"count": 150, "from": "-3h", "over": "1h"}, {"count": 40, "from": "-1h"}]
    sim = start_sim({"list_omit": ["logs"], "tests": [{"test": "T", "births": births, **SHORT}]}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "T"}).start()
    wait_for("a look", lambda: lists_read(sim) >= 4)
    assert daemon.results() == []
    an_hour_and_a_half_ago = datetime.now(timezone.utc) - timedelta(minutes=90)
    daemon.config["follow"][0]["since"] = an_hour_and_a_half_ago.strftime("%Y-%m-%dT%H:%M:%SZ")
    daemon.reload()
    wait_for("the newer", lambda: len(daemon.results()) == 40)
    daemon.config["follow"][0]["since"] = "ever"
    daemon.reload()
    wait_for_reports(daemon, set(sim.runs()))
    daemon.stop()
    assert_once(daemon, set(sim.runs()))


def test_follows_the_config(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    life = {"pending": "0s", "starting": "0s", "running": "4s"}
    tests = [{"test": name, **life} for name in ("A", "B")]
    sim = start_sim({"tests": tests}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "A"}).start()
    wait_for("a look", lambda: lists_read(sim) >= 1)
    sim.trigger("A")
    daemon.wait_for_line("new run found", follows="test A")
    daemon.config["follow"] = [{"test": "B", "every": "1s"}]
    daemon.reload()
    # What nothing follows any more is not found; what was found is watched to its end.
    sim.trigger("A")
    sim.trigger("B")
    daemon.wait_for_line("new run found", follows="test B")
    daemon.wait_for_results(2)
    wait_for("all runs to have ended", lambda: set(sim.runs().values()) == {"passed"})
    daemon.stop()
    assert sorted(ref[0] for ref in reported(daemon)) == ["A", "B"]


def test_makes_one_watch_of_what_several_find(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    life = {"pending": "0s", "starting": "0s", "running": "4s"}
    sim = start_sim({"tests": [{"test": "T", "suite": "S", **life}]}, "--plain")
    by_suite = {"suite": "S", "labels": {"by": "suite", "suite": "yes"}}
    by_test = {"test": "T", "labels": {"by": "test", "test": "yes"}}
    daemon = follower_of(sim, make_daemon, by_suite, by_test).start()
    wait_for("a look at both", lambda: lists_read(sim) >= 2)
    refs = {sim.trigger("T") for _ in range(3)}
    wait_for("new runs", lambda: len(daemon.lines("new run found")) == 3)
    one = min(refs)
    daemon.config["watch"] = [{"run": one, "labels": {"by": "watch"}}]
    daemon.reload()
    wait_for_reports(daemon, refs)
    daemon.stop()
    assert_once(daemon, refs)
    labels = {ref_of(result): result["data"]["watch"]["labels"] for result in daemon.results()}
    assert labels[one] == {"by": "watch", "suite": "yes", "test": "yes"}
    assert all(each["suite"] == each["test"] == "yes" for each in labels.values())


def test_goes_on_when_the_api_works_again(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    faults = [{"path": "list", "on": "2-4", "status": 503}, {"path": "list", "on": "6", "status": 429, "headers": {"retry-after": "1"}}]
    sim = start_sim({"faults": faults, "tests": [{"test": "T", "births": [{"count": 10, "from": "1s", "over": "5s"}], **SHORT}]}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "T"}).start()
    daemon.wait_for_line("lists of new runs can be read again")
    wait_for("all births", lambda: len(sim.runs()) == 10)
    wait_for_reports(daemon, set(sim.runs()))
    daemon.stop()
    assert len(daemon.lines("a list of new runs cannot be read")) == 1


def test_pauses_while_the_key_is_refused(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    refusal = {"path": "list", "on": "1-3", "status": 401}
    sim = start_sim({"faults": [refusal], "tests": [{"test": "T", "births": [{"count": 2}], **SHORT}]}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "T"}, {"test": "U"})
    daemon.config["http"] = {"listen": "127.0.0.1:0"}
    daemon.start()
    daemon.wait_for_line("polling paused")
    assert sim.sums()["requests"] <= 2
    api = ControlApi.of(daemon)
    assert api.get("/v1/status")["polling"]["paused"] == "refused"
    assert 'runwatch_api_paused{reason="refused"} 1' in api.metrics()
    wait_for("a try at each reload", lambda: daemon.reload() and daemon.results(), 20)
    assert api.get("/v1/status")["polling"]["paused"] is None
    daemon.stop()
    assert len(daemon.lines("polling paused")) == 1
    assert len(daemon.lines("polling goes on")) == 1


def test_is_not_stopped_by_a_list_that_the_key_may_not_read(
    start_sim: SimulatorStarter, make_daemon: DaemonMaker
) -> None:
    test = {"test": "T", "suite": "S", "births": [{"count": 5, "from": "1s", "over": "3s"}], **SHORT}
    sim = start_sim({"faults": [{"path": "suite", "status": 403}], "tests": [test]}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "T"}).start()
    wait_for("a look", lambda: lists_read(sim) >= 1)
    daemon.config["follow"].append({"suite": "S", "every": "1s"})
    daemon.reload()
    line = daemon.wait_for_line("what is followed is not for this key")
    assert line["follows"] == 'suite "S"'
    wait_for("all births", lambda: len(sim.runs()) == 5)
    wait_for_reports(daemon, set(sim.runs()))
    daemon.stop()
    assert daemon.lines("polling paused") == []


def test_stops_while_it_reads_all_pages(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    test = {"test": "T", "births": [{"count": 3_000, "from": "-2h", "over": "1h"}], **SHORT}
    sim = start_sim({"latency": "100ms", "tests": [test]}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "T", "since": "ever"}).start()
    daemon.wait_for_results(100)
    outcome = daemon.stop()
    assert outcome.seconds < 8
    daemon.start()
    wait_for_reports(daemon, set(sim.runs()))
    daemon.stop()
    assert_once(daemon, set(sim.runs()))


def test_counts_by_the_clock_of_the_api(start_sim: SimulatorStarter, make_daemon: DaemonMaker) -> None:
    births = [{"count": 5, "from": "-30m"}, {"count": 5, "from": "1s", "over": "2s"}]
    sim = start_sim({"clock_skew": "-1h", "tests": [{"test": "T", "births": births, **SHORT}]}, "--plain")
    old = set(sim.runs())
    daemon = follower_of(sim, make_daemon, {"test": "T"}).start()
    wait_for("all births", lambda: len(sim.runs()) == 10)
    new = set(sim.runs()) - old
    wait_for_reports(daemon, new)
    daemon.kill()
    daemon.start()
    wait_for("a sweep", lambda: lists_read(sim) >= 6)
    daemon.stop()
    assert_once(daemon, new)


def test_is_told_by_check(start_sim: SimulatorStarter, make_daemon: DaemonMaker, runwatch: Runwatch) -> None:
    sim = start_sim({}, "--plain")
    daemon = follower_of(sim, make_daemon, {"test": "T"}, {"suite": "*", "every": "90s", "since": "ever"})
    daemon.write_config()
    outcome = runwatch.run("check", "--config", str(daemon.config_file))
    assert outcome.code == 0, outcome
    assert "1 sink, 0 runs to watch, 2 tests or suites to follow" in outcome.stderr
    assert '- suite: "*"\n    every: 1m30s\n    since: ever\n' in outcome.stdout
