"""The JSON Schema must accept and refuse the same configs as the loader, by the table that the loader is tested with. The
judge is ajv, a JSON Schema validator that is not ours, which reads YAML by a reader that is not ours."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Iterable

import pytest
import yaml

HERE = Path(__file__).parent
CONFIG = HERE.parents[1] / "config"
CASES: list[dict[str, Any]] = yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def ajv() -> Path:
    """The installed ajv, as the lock file pins it."""
    directory = Path(os.environ["AJV_DIRECTORY"])
    directory.mkdir(parents=True, exist_ok=True)
    pinned = (HERE / "ajv" / "package-lock.json").read_bytes()
    installed = directory / "installed"
    if not installed.is_file() or installed.read_bytes() != pinned:
        for name in ("package.json", "package-lock.json"):
            shutil.copyfile(HERE / "ajv" / name, directory / name)
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=directory, check=True)
        installed.write_bytes(pinned)
    return directory / "node_modules" / ".bin" / "ajv"


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schema, which also knows the loader tests' own type of sinks."""
    extended = json.loads((CONFIG / "runwatch.schema.json").read_text(encoding="utf-8"))
    extended["$defs"]["fake_sink"] = json.loads((HERE / "fake_sink.schema.json").read_text(encoding="utf-8"))
    extended["$defs"]["sink"]["oneOf"].append({"$ref": "#/$defs/fake_sink"})
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_text(json.dumps(extended), encoding="utf-8")
    return path


@dataclass(frozen=True)
class Verdict:
    """What ajv says of some files, each by its name without suffix."""

    accepted: set[str]
    #: Where in each refused file something is wrong, as JSON pointers.
    places: dict[str, set[str]]
    said: str


def whole(stream: IO[bytes]) -> str:
    """All that was written to a file."""
    stream.seek(0)
    return stream.read().decode("utf-8")


def judge(ajv: Path, schema: Path, files: Iterable[Path]) -> Verdict:
    """Lets ajv validate files by a schema."""
    data = [argument for file in files for argument in ("-d", str(file))]
    command = [str(ajv), "validate", "--spec=draft2020", "--all-errors", "--errors=line", "-c", "ajv-formats"]
    # Through files: what node has not yet written to a pipe is lost when ajv-cli exits.
    with TemporaryFile() as stdout, TemporaryFile() as stderr:
        subprocess.run([*command, "-s", str(schema), *data], cwd=ajv.parents[2], stdout=stdout, stderr=stderr, check=False)
        out, err = (whole(stream) for stream in (stdout, stderr))
    accepted = {Path(name).stem for name in re.findall(r"^(.*) valid$", out, flags=re.M)}
    refused = re.findall(r"^(.*) invalid\n(\[.*\])$", err, flags=re.M)
    places = {Path(name).stem: {error["instancePath"] for error in json.loads(errors)} for name, errors in refused}
    return Verdict(accepted, places, out + err)


#: Prints each file in which js-yaml, which ajv-cli reads YAML by, finds a document.
_FIND_YAML = """
const yaml = require("js-yaml"), fs = require("fs");
for (const file of process.argv.slice(1))
    try { if (yaml.safeLoad(fs.readFileSync(file, "utf8"))) console.log(file); } catch (error) { }
"""


def yaml_files(ajv: Path, files: Iterable[Path]) -> set[Path]:
    """Those of the files that hold YAML."""
    command = ["node", "-e", _FIND_YAML, *map(str, files)]
    done = subprocess.run(command, cwd=ajv.parents[2], capture_output=True, text=True, check=True)
    return {Path(line) for line in done.stdout.splitlines()}


def is_accepted_by_loader(case: dict[str, Any]) -> bool:
    return not case.get("errors")


def expected(case: dict[str, Any]) -> bool:
    """Whether the schema accepts the case."""
    said = case.get("schema")
    return said == "accepts" if said else is_accepted_by_loader(case)


#: What a schema cannot know, where other errors stand beside it.
UNKNOWABLE = ("is named already", "has this name already", "not valid YAML", "does not exist")


def pointer(error: str) -> str:
    """Where the loader finds an error, as a JSON pointer."""
    path = re.match(r"\d+:\d+: ([^ :]*): ", error)
    return "".join(f"/{step}" for step in re.findall(r"[^.\[\]]+", path.group(1))) if path else ""


def test_names_and_marks_of_the_table_are_sound() -> None:
    names = [case["name"] for case in CASES]
    assert len(set(names)) == len(names) > 60
    known = {"name", "config", "errors", "warnings", "schema", "why", "yaml"}
    for case in CASES:
        assert set(case) <= known, case["name"]
        assert ("schema" in case) == ("why" in case), case["name"]


def test_agrees_with_the_loader(ajv: Path, schema: Path, tmp_path: Path) -> None:
    files = {}
    for index, case in enumerate(CASES):
        files[index] = tmp_path / f"case-{index}.yaml"
        files[index].write_bytes(case["config"].encode("utf-8"))
    # ajv-cli takes what is no YAML for JavaScript.
    readable = {files[index] for index, case in enumerate(CASES) if case.get("yaml", True)}
    assert yaml_files(ajv, files.values()) == readable
    verdict = judge(ajv, schema, sorted(readable))
    assert verdict.accepted | set(verdict.places) == {file.stem for file in readable}, verdict.said
    wrong = [case["name"] for index, case in enumerate(CASES) if (files[index].stem in verdict.accepted) != expected(case)]
    assert not wrong, verdict.said
    # Not for one reason of many: wherever the loader finds something wrong, so does the schema.
    for index, case in enumerate(CASES):
        found = verdict.places.get(files[index].stem)
        for error in case.get("errors", []) if found and "schema" not in case else []:
            place = pointer(error)
            if not any(known in error for known in UNKNOWABLE):
                assert place in found or place.rpartition("/")[0] in found, f"{case['name']}: {error} ({found})"


def test_accepts_the_example(ajv: Path, tmp_path: Path) -> None:
    example = (CONFIG / "runwatch.yaml").read_text(encoding="utf-8")
    (tmp_path / "as-it-stands.yaml").write_text(example, encoding="utf-8")
    # Options that are commented out have no blank behind their mark.
    everything = re.sub(r"^( *)#(?=[^ \n])", r"\1", example, flags=re.M)
    assert everything.count("\n  - name:") == 4
    (tmp_path / "everything.yaml").write_text(everything, encoding="utf-8")
    verdict = judge(ajv, CONFIG / "runwatch.schema.json", sorted(tmp_path.glob("*.yaml")))
    assert verdict.accepted == {"as-it-stands", "everything"}, verdict.said


def test_refuses_what_no_sink_knows(ajv: Path, tmp_path: Path) -> None:
    sinks = {
        "another-type": {"name": "a", "type": "fake"},
        "no-url": {"name": "a", "type": "webhook"},
        "no-path": {"name": "a", "type": "file"},
        "no-command": {"name": "a", "type": "exec"},
        "empty-command": {"name": "a", "type": "exec", "command": []},
        "format-of-another": {"name": "a", "type": "stdout", "format": "slack"},
        "option-of-another": {"name": "a", "type": "stdout", "url": "https://a.example"},
        "rotate-unknown": {"name": "a", "type": "file", "path": "/a", "rotate": {"sise": "1MiB"}},
        "size-without-unit": {"name": "a", "type": "file", "path": "/a", "rotate": {"size": 1}},
        "no-secret": {"name": "a", "type": "webhook", "url": "https://a.example", "secret": []},
        "url-with-password": {"name": "a", "type": "webhook", "url": "https://b:c@a.example"},
    }
    for name, sink in sinks.items():
        (tmp_path / f"{name}.json").write_text(json.dumps({"sinks": [sink]}), encoding="utf-8")
    verdict = judge(ajv, CONFIG / "runwatch.schema.json", sorted(tmp_path.glob("*.json")))
    assert set(verdict.places) == set(sinks), verdict.said
