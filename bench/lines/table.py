"""The table of bench/README.md: one row a figure, between two marks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_BEGIN = "<!-- rows: written by scripts/bench -->"
_END = "<!-- end of rows -->"


@dataclass(frozen=True)
class Row:
    """A figure beside its reference and its goal. What has no goal is there to be compared with later ones."""

    what: str
    ours: str
    reference: str = "–"
    ratio: str = "–"
    goal: str = "–"
    met: bool | None = None

    def cells(self, name: str) -> list[str]:
        """What stands in the table."""
        verdict = {True: "yes", False: "**no**", None: "–"}[self.met]
        return [f"`{name}`", self.what, self.ours, self.reference, self.ratio, self.goal, verdict]

    def for_people(self) -> str:
        """One line."""
        verdict = {True: "met", False: "NOT MET", None: "no goal"}[self.met]
        return f"{self.what}: {self.ours}; reference {self.reference}; ratio {self.ratio}; goal {self.goal}: {verdict}"


def write_rows(file: Path, name: str, rows: list[Row]) -> None:
    """Replaces the rows of one line, or adds them."""
    text = file.read_text(encoding="utf-8")
    head, rest = text.split(_BEGIN)
    table, tail = rest.split(_END)
    lines = table.strip("\n").splitlines()
    of_line = f"| `{name}` |"
    at = next((at for at, line in enumerate(lines) if line.startswith(of_line)), len(lines))
    kept = [line for line in lines if not line.startswith(of_line)]
    fresh = ["| " + " | ".join(row.cells(name)) + " |" for row in rows]
    table = "\n".join([*kept[:at], *fresh, *kept[at:]])
    file.write_text(f"{head}{_BEGIN}\n{table}\n{_END}{tail}", encoding="utf-8")
