"""Texts that an attacker or an accident may put into what the API shows, and how to tell that they are harmless."""

from __future__ import annotations

import re
import unicodedata

from harness.simulator import Scenario, run_of, scenario_of

#: Names of criteria that a terminal or the log of a workflow takes for more than text.
HOSTILE_TO_LOGS = [
    '::error::x%0A<b>&"',
    "::stop-commands::pause",
    "two\nlines\r::warning::here",
    "##[error]x",
    "red \x1b[31m and title \x1b]0;owned\x07",
    "csi \x9b31m, delete \x7f, \x01\x08",
    "bidi \u202emirrored\u202c \u2066isolate\u2069 mark \u200f\u061c",
    "line \u2028 and paragraph \u2029 and next \x85 line",
]

#: The same, and what Markdown or XML take for more than text.
HOSTILE_NAMES = [
    *HOSTILE_TO_LOGS,
    "a | b \\| c `code` **bold** [link](https://example.com) @somebody #1 <img src=x>",
    "]]> <!-- x --> <?php ?>",
    "not for XML \ufffe \uffff",
    "ünïcödé 日本語 👩‍🚀",
]

_BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def hostile_scenario() -> Scenario:
    """Runs that show each hostile text in every place that we print, in lists and in answers of their own."""
    criteria = [{"name": name, "status": "failed"} for name in HOSTILE_NAMES]
    odd = [{"name": "x", "status": name} for name in HOSTILE_NAMES]
    blank = [{"name": name} for name in HOSTILE_NAMES]
    runs = [
        run_of("t/failed", verdict="failed", criteria=criteria + odd),
        run_of("t/blank", fields={"detail_status": blank}),
    ]
    for place, name in enumerate(HOSTILE_NAMES):
        runs += [
            run_of(f"t/error-{place}", verdict="error", logs=name),
            run_of(f"gone-{place}/r", faults=[{"status": 403, "raw_body": name}]),
            run_of(f"t/odd-{place}", phases=[{"status": name, "for": "100ms"}]),
        ]
    return scenario_of(*runs)


def assert_harmless(text: str, *, commands: int = 0) -> None:
    """Proves that a text does nothing to a terminal, and commands nothing in a workflow log but what it should.

    The runner of GitHub takes a line for a command if it begins with `::`, whatever blanks are before it, or holds
    `##[` anywhere.
    """
    for letter in text:
        kind = unicodedata.category(letter)
        assert letter == "\n" or kind != "Cc", f"control character {letter!r} in {text!r}"
        assert letter not in _BIDI and kind not in ("Zl", "Zp"), f"{letter!r} in {text!r}"
    assert "##[" not in text
    begun = [line for line in re.split("[\r\n]", text) if line.lstrip().startswith("::")]
    assert len(begun) == commands, begun
