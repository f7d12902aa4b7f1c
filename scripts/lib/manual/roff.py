"""The language of man pages."""

from __future__ import annotations

import re


#: What roff would take for something else, or not set as it stands.
SPECIAL = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "^": "\\(ha", "~": "\\(ti", "`": "\\(ga"}
SPECIAL |= {"…": "\\&...", "½": "\\[12]"}


def escape(text: str) -> str:
    """Text that is set as it stands: a minus where it may be copied into a shell, no letter that roff would take."""
    text = "".join(SPECIAL.get(letter, letter) for letter in text)
    return re.sub(r"^\.", r"\\&.", text, flags=re.M)


def bold(text: str) -> str:
    return f"\\fB{escape(text)}\\fR"


def italic(text: str) -> str:
    return f"\\fI{escape(text)}\\fR"


def prose(text: str) -> str:
    """A paragraph, with options, `code` and UPPER-CASE values set off."""
    parts = re.split(r"(`[^`]+`|(?<![\w-])--?[a-z][a-z-]*\b)", text)
    return "".join(bold(part.strip("`")) if at % 2 else escape(part) for at, part in enumerate(parts))


def tagged(tag: str, body: str) -> str:
    return f".TP\n{tag}\n{body}\n"


def example(lines: list[str] | tuple[str, ...]) -> str:
    """Lines that are set as they stand."""
    return ".PP\n.RS 4\n.EX\n" + "".join(escape(line) + "\n" for line in lines) + ".EE\n.RE\n"


def fill(frame: str, parts: dict[str, str]) -> str:
    """A frame with its @parts@, each of which that is a line of its own stays whole lines."""
    return re.sub(r"@(\w+)@", lambda match: parts[match.group(1)].rstrip("\n"), frame)
