"""`runwatch reload` makes a running daemon read its config anew and says what came of it."""

from __future__ import annotations

import signal

from conftest import DaemonMaker
from harness.daemon import Daemon, config_of, file_sink
from harness.process import Outcome, Runwatch
from harness.run_api import RunApi
from harness.waiting import wait_for


def reload(runwatch: Runwatch, daemon: Daemon, *arguments: str) -> Outcome:
    """Runs `runwatch reload` with the daemon's config."""
    return runwatch.run("reload", "--config", str(daemon.config_file), *arguments)


def test_a_good_config_is_put_in_force(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch) -> None:
    run_api.run("t/one", "t/two")
    daemon = make_daemon(config_of(run_api, watch=["t/one"], sinks=[file_sink()])).start()
    outcome = reload(runwatch, daemon)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "config reloaded\n", ""), outcome
    daemon.config["watch"].append({"run": "t/two"})
    daemon.write_config()
    outcome = reload(runwatch, daemon, "--json")
    assert (outcome.code, outcome.json(), outcome.stderr) == (0, {"generation": 2, "problem": None}, ""), outcome
    wait_for("a look at it", lambda: run_api.looks.get("t/two"))
    daemon.stop()


def test_what_the_daemon_refuses_is_told(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch) -> None:
    daemon = make_daemon(config_of(run_api, sinks=[file_sink()])).start()
    daemon.config["polling"] = {"min_intervall": "1s"}
    daemon.config["sinks"].append({"name": "a", "type": "fax"})
    daemon.write_config()
    outcome = reload(runwatch, daemon)
    assert (outcome.code, outcome.stdout) == (78, ""), outcome
    assert "polling.min_intervall: unknown key" in outcome.stderr and "sinks[1].type" in outcome.stderr, outcome
    assert "goes on with the config that it had" in outcome.stderr
    outcome = reload(runwatch, daemon, "--json")
    assert outcome.code == 78 and "sinks[1].type" in outcome.json()["problem"], outcome
    # What nobody can read, the daemon need not be asked about.
    daemon.write_config("sinks: [\n")
    outcome = reload(runwatch, daemon)
    assert outcome.code == 78 and "runwatch.yaml:2:" in outcome.stderr, outcome
    daemon.stop()


def test_without_a_daemon_nothing_is_asked(make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch) -> None:
    daemon = make_daemon(config_of(run_api, sinks=[file_sink()]))
    daemon.write_config()
    outcome = reload(runwatch, daemon)
    assert (outcome.code, outcome.stdout) == (1, ""), outcome
    assert f"the state file {daemon.directory / 'state.db'}: there is none" in outcome.stderr
    daemon.start().stop()
    outcome = reload(runwatch, daemon)
    assert (outcome.code, outcome.stdout) == (1, ""), outcome
    assert f"no daemon runs with the state {daemon.directory / 'state.db'}: start one" in outcome.stderr
    daemon.config["state"] = {"path": ":memory:"}
    daemon.write_config()
    outcome = reload(runwatch, daemon)
    assert outcome.code == 1 and "in the memory of its daemon" in outcome.stderr, outcome
    outcome = runwatch.run("reload")
    assert outcome.code == 78 and "there is no config file /etc/runwatch/runwatch.yaml" in outcome.stderr


def test_a_daemon_that_ends_meanwhile_is_not_waited_for(
    make_daemon: DaemonMaker, run_api: RunApi, runwatch: Runwatch
) -> None:
    daemon = make_daemon(config_of(run_api, sinks=[file_sink()])).start()
    daemon.running.send(signal.SIGSTOP)
    waiting = runwatch.start(["reload", "--config", str(daemon.config_file)])
    pending = 1 << (signal.SIGHUP - 1)

    def was_sent() -> bool:
        with open(f"/proc/{daemon.pid}/status", encoding="ascii") as status:
            masks = [int(line.split()[1], 16) for line in status if line.startswith(("SigPnd", "ShdPnd"))]
        return any(mask & pending for mask in masks)

    wait_for("the signal", was_sent)
    daemon.kill()
    outcome = waiting.finish()
    assert (outcome.code, outcome.stdout) == (1, ""), outcome
    assert "ended before it said what came of the reload" in outcome.stderr
