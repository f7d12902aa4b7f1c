"""The man pages and completions that are checked in: they say what the program says, and tools can read them."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess

import pytest

from manual.program_help import Block, read_option, statuses

ROOT = pathlib.Path(__file__).resolve().parents[2]

#: Sources the completion, has it complete the last of its arguments, and prints what it offers.
COMPLETE = """
compopt() { :; }
. "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_runwatch
printf '%s\\n' "${COMPREPLY[@]}"
"""


def offered_by_bash(*words: str) -> list[str]:
    command = ["bash", "-c", COMPLETE, "bash", str(ROOT / "completions/runwatch.bash"), "runwatch", *words]
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=60).stdout.split()


def needed(program: str) -> str:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")
    return program


def test_what_is_checked_in_is_what_the_program_says() -> None:
    command = [ROOT / "scripts/manual", "--check", "--program", os.environ["RUNWATCH"]]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.mark.parametrize("page", ["runwatch.1", "runwatch.yaml.5"])
def test_man_has_nothing_to_say_against_a_page(page: str) -> None:
    command = [needed("man"), "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z", ROOT / "docs/man" / page]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=environment, timeout=60)
    assert said.stderr == ""
    assert len(said.stdout) > 10_000


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["wa"], ["wait", "watch"]),
        (["watch", ""], ["add", "list", "remove"]),
        (["sinks", "t"], ["test"]),
        (["wait", "--not"], ["--not-found-grace"]),
        (["sinks", "test", "-"], ["-h", "--help", "-c", "--config"]),
        (["serve", ""], ["-h", "--help", "-c", "--config"]),
        (["wait", "-o", "js"], ["json", "jsonl"]),
        (["wait", "--output", ""], ["auto", "text", "json", "jsonl", "github"]),
        (["wait", "--output", "="], ["auto", "text", "json", "jsonl", "github"]),
        (["run", "--output", "=", "t"], ["text"]),
        (["check", "--config", "config/runwatch.y"], ["config/runwatch.yaml"]),
        (["check", "-c", "config/runwatch.y"], ["config/runwatch.yaml"]),
        (["check", "--config", "=", "config/runwatch.y"], ["config/runwatch.yaml"]),
        (["deliveries", "list", "--state", "d"], ["dead", "delivered", "dropped"]),
        (["deliveries", "list", "--state", "pending,o"], ["pending,orphaned"]),
        (["wait", "--timeout", ""], []),
        (["watch", "list", "--test", "watch", "--j"], ["--json"]),
    ],
)
def test_bash_completes(words: list[str], offered: list[str]) -> None:
    assert offered_by_bash(*words) == offered


def test_zsh_can_read_its_completion() -> None:
    subprocess.run([needed("zsh"), "-n", ROOT / "completions/_runwatch"], check=True, timeout=60)


def test_fish_can_read_its_completion() -> None:
    subprocess.run([needed("fish"), "--no-execute", ROOT / "completions/runwatch.fish"], check=True, timeout=60)


def test_exit_statuses_are_read_from_columns_side_by_side() -> None:
    lines = (
        "  3    passed, but an output or    64   wrong usage     78   wrong configuration",
        "       a required sink failed      130/143  SIGINT/SIGTERM",
    )
    assert statuses(Block("Exit status", lines)) == [
        ("3", "passed, but an output or a required sink failed"),
        ("64", "wrong usage"),
        ("78", "wrong configuration"),
        ("130/143", "SIGINT/SIGTERM"),
    ]


def test_an_option_that_nobody_understands_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="nobody understands"):
        read_option("--new VALUE SURPRISE", "Something")
