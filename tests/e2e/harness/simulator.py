"""The stand-in API, `runwatch-sim`: see tests/sim/README.md for what a scenario may say."""

from __future__ import annotations

import json
import re
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from harness.process import built
from harness.secrets import API_KEY
from harness.waiting import CEILING, wait_for

Scenario = dict[str, Any]

_REQUEST_LINE = re.compile(r"^\S+ (GET|POST|PUT|DELETE) (\S+) (\d{3}) ", re.MULTILINE)


class Simulator:
    """One `runwatch-sim`, from its start to its stop. Its log is its own and not searched for the key."""

    def __init__(self, directory: Path, scenario: Scenario, options: tuple[str, ...] = ()) -> None:
        directory.mkdir(parents=True)
        self._log_file = directory / "log"
        self._address_file = directory / "address"
        self.ca_file: Path | None = None if "--plain" in options else directory / "ca.pem"
        scenario_file = directory / "scenario.yaml"
        scenario_file.write_text(to_yaml(scenario), encoding="utf-8")
        command = [str(built("RUNWATCH_SIM")), "--scenario", str(scenario_file), "--api-key", API_KEY]
        command += ["--address-out", str(self._address_file), *options]
        if self.ca_file is not None:
            command += ["--ca-out", str(self.ca_file)]
        with self._log_file.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.base_url = wait_for("the stand-in to listen", self._address)

    def _address(self) -> str:
        if self._process.poll() is not None:
            raise RuntimeError(f"the stand-in ended with {self._process.returncode}:\n{self.log()}")
        return self._address_file.read_text().strip() if self._address_file.exists() else ""

    @property
    def origin(self) -> str:
        """Scheme, address and port."""
        return self.base_url.removesuffix("/v2")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.origin.rpartition(":")[2])

    def url(self, ref: str) -> str:
        """The URL of a run whose ids need no escaping."""
        test_id, run_id = ref.split("/")
        return f"{self.base_url}/ai/assistants/tests/{test_id}/runs/{run_id}"

    def log(self) -> str:
        """What the stand-in has logged so far."""
        return self._log_file.read_text(encoding="utf-8", errors="replace")

    def requests(self) -> list[tuple[str, str, int]]:
        """Method, target as it was sent, and status of each request that was answered so far."""
        found = _REQUEST_LINE.findall(self.log())
        return [(method, target, int(status)) for method, target, status in found]

    def report(self) -> dict[str, Any]:
        """The stand-in's own count of what happened."""
        return self._ask(f"{self.origin}/sim/report")

    def sums(self) -> dict[str, Any]:
        """The same without what it says of each run."""
        return self._ask(f"{self.origin}/sim/report?runs=false")

    def runs(self) -> dict[str, str]:
        """The status of each run that has appeared so far, by its REF."""
        return self._ask(f"{self.origin}/sim/runs")

    def trigger(self, test_id: str) -> str:
        """Starts a run of a test, as the API would, and returns its REF."""
        headers = {"Authorization": f"Bearer {API_KEY}"}
        url = f"{self.base_url}/ai/assistants/tests/{test_id}/runs"
        run = self._ask(urllib.request.Request(url, method="POST", headers=headers))
        return f"{test_id}/{run['run_id']}"

    def _ask(self, request: str | urllib.request.Request) -> dict[str, Any]:
        context = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        handlers = [urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)]
        opener = urllib.request.build_opener(*handlers)
        with opener.open(request, timeout=CEILING) as answer:
            found: dict[str, Any] = json.load(answer)
            return found

    def run_report(self, ref: str) -> dict[str, Any]:
        """What the report says of one run; empty if nobody has asked for it."""
        found: dict[str, Any] = self.report()["runs"].get(ref, {})
        return found

    def polls(self, ref: str) -> int:
        """How often a run was asked for so far."""
        return int(self.run_report(ref).get("requests", 0))

    def wait_for_polls(self, ref: str, count: int = 1) -> None:
        """Waits until a run was asked for so often."""
        wait_for(f"{count} polls of {ref}", lambda: self.polls(ref) >= count)

    def stop(self) -> None:
        """Ends it."""
        self._process.terminate()
        try:
            self._process.wait(CEILING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def to_yaml(scenario: Scenario) -> str:
    """A scenario as JSON, which YAML includes once control characters are escaped and no surrogate is."""
    text = json.dumps(scenario, ensure_ascii=False, indent=1)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff]", lambda match: f"\\u{ord(match[0]):04x}", text)


def run_of(ref: str, *, running: str = "", **plan: Any) -> dict[str, Any]:
    """A run for a scenario's `runs`: `running` for so long, then at its verdict, unless the plan says otherwise."""
    test_id, run_id = ref.split("/")
    phases = [{"status": "running", "for": running}] if running else []
    return {"test": test_id, "run": run_id, "phases": phases} | plan


def plan_of(name: str, *, running: str = "", **plan: Any) -> dict[str, Any]:
    """A test for a scenario's `tests`, whose runs are `running` for so long, then at their verdict."""
    return {"test": name, "phases": [{"status": "running", "for": running}] if running else []} | plan


#: A fault that leaves nothing but retrieves to look at runs by.
NO_LISTS = {"path": ["list", "suite"], "status": 404}


def scenario_of(*runs: dict[str, Any], lists: bool = True, **more: Any) -> Scenario:
    """A scenario with these runs, in which no other run exists; `lists=False` is for what retrieves bring."""
    faults = [] if lists else [NO_LISTS]
    return {"unknown_runs": "not_found", "runs": list(runs), **more, "faults": [*faults, *more.get("faults", [])]}


def refs_in(scenario: Scenario) -> list[str]:
    """The REFs of the runs that a scenario names."""
    return [f"{run['test']}/{run['run']}" for run in scenario["runs"]]
