"""The harness itself finds what it is there to find."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from harness.hostile import HOSTILE_TO_LOGS, assert_harmless
from harness.secrets import API_KEY, LeakDetector
from harness.waiting import wait_for


@pytest.mark.parametrize(
    "text",
    [
        f"Bearer {API_KEY}",
        f"key {API_KEY[:12]}...",
        f"...{API_KEY[-12:]}",
        base64.b64encode(API_KEY.encode()).decode(),
    ],
)
def test_a_key_in_an_output_is_found(text: str) -> None:
    detector = LeakDetector()
    detector.add("standard error", f"some words, {text}, and more\n")
    with pytest.raises(AssertionError, match="the API key was written to standard error"):
        detector.check()


def test_a_key_in_a_file_is_found(tmp_path: Path) -> None:
    detector = LeakDetector()
    detector.watch(tmp_path)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "key").write_text(API_KEY)
    detector.check()
    (tmp_path / "report.xml").write_text(API_KEY)
    with pytest.raises(AssertionError, match="report.xml"):
        detector.check()


@pytest.mark.parametrize("name", HOSTILE_TO_LOGS)
def test_hostile_text_is_found(name: str) -> None:
    with pytest.raises(AssertionError):
        assert_harmless(f"  {name}")


def test_waiting_in_vain_fails_with_what_was_seen_last() -> None:
    with pytest.raises(AssertionError, match="waited 0.05 s in vain for nothing; at last: 0"):
        wait_for("nothing", lambda: 0, ceiling=0.05)
