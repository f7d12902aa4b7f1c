"""What `runwatch --help` and the --help of each command say, taken apart."""

from __future__ import annotations

import dataclasses
import re
import subprocess

#: Where descriptions begin, and where they go on.
COLUMN = 30

#: An option's value of one of these is a file.
FILE_VALUES = {"FILE"}

STATUS_CODES = re.compile(r"\d{1,3}(?:(?:/|, )\d{1,3})*")


@dataclasses.dataclass(frozen=True)
class Option:
    """An option, or a positional, which has no names but its value's."""

    names: tuple[str, ...]
    value: str
    repeated: bool
    required: bool
    excludes: tuple[str, ...]
    needs: tuple[str, ...]
    text: str

    @property
    def repeatable(self) -> bool:
        return self.repeated or "may be repeated" in self.text

    @property
    def takes_file(self) -> bool:
        return self.value in FILE_VALUES


@dataclasses.dataclass(frozen=True)
class Block:
    """A part of what stands behind the options: a paragraph, or lines under a title."""

    title: str
    lines: tuple[str, ...]


@dataclasses.dataclass(frozen=True)
class Command:
    path: tuple[str, ...]
    summary: str
    usage: str
    positionals: tuple[Option, ...]
    options: tuple[Option, ...]
    commands: tuple[Command, ...]
    blocks: tuple[Block, ...]

    @property
    def name(self) -> str:
        return " ".join(self.path)

    def with_descendants(self) -> list[Command]:
        """This command and all below it, each before its own."""
        return [self, *(each for command in self.commands for each in command.with_descendants())]

    def block(self, title: str) -> Block | None:
        return next((block for block in self.blocks if block.title == title), None)

    def values_of(self, option: Option) -> tuple[str, ...]:
        """The words that an option takes, where the help names them: as `a, b or c`, or, where its default is among the
        terms that the help explains, these."""
        listed = re.search(r": (\w+(?: \(default\))?(?:, \w+)* or \w+)$", option.text)
        if listed:
            return tuple(re.findall(r"\w+", re.sub(r" \(default\)|\bor\b", "", listed.group(1))))
        default = re.search(r"\(default: ([\w,]+)\)$", option.text)
        if default and takes_list(option):
            for block in self.blocks:
                terms = tuple(term for term, _ in definitions(block.lines))
                if set(default.group(1).split(",")) <= set(terms):
                    return terms
        return ()


def takes_list(option: Option) -> bool:
    """Whether its value is a list with commas."""
    return "separated by commas" in option.text


def columns_of(line: str) -> tuple[str, str]:
    """The left and the right part of a line about an option or a command."""
    if len(line) > COLUMN and line[COLUMN - 1] == " " and line[COLUMN] != " ":
        return line[:COLUMN].strip(), line[COLUMN:]
    return line.strip(), ""


def entries(lines: list[str]) -> list[tuple[str, str]]:
    """What stands left and right in a list of options or commands."""
    found: list[tuple[str, str]] = []
    for line in lines:
        left, right = columns_of(line)
        if left:
            found.append((left, right))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {right}".strip())
    return found


def read_option(left: str, text: str) -> Option:
    words = re.sub(r"\b(Excludes|Needs): ", r"\1:", left).split()
    names: tuple[str, ...] = tuple(words.pop(0).split(",")) if left.startswith("-") else ()
    of = {"Excludes": [], "Needs": []}
    value, repeated, required, relation = "", False, False, ""
    for word in words:
        kind, _, name = word.partition(":")
        if kind in of:
            of[kind].append(name)
            relation = kind
        elif word.startswith("-") and relation:
            of[relation].append(word)
        elif word == "...":
            repeated = True
        elif word == "REQUIRED":
            required = True
        elif not value:
            value = word
        else:
            raise ValueError(f"the help says of an option what nobody understands: {left!r}")
    return Option(names, value, repeated, required, tuple(of["Excludes"]), tuple(of["Needs"]), text)


def read_blocks(lines: list[str]) -> tuple[Block, ...]:
    """What stands behind the options: paragraphs, and titles with what is indented below them."""
    blocks: list[Block] = []
    title, gathered = "", []

    def close() -> None:
        nonlocal title, gathered
        if gathered:
            blocks.append(Block(title, tuple(gathered)))
        title, gathered = "", []

    for line in lines:
        if not line.strip():
            close()
        elif line.endswith(":") and not line.startswith(" ") and not gathered:
            title = line[:-1]
        else:
            gathered.append(line)
    close()
    return tuple(blocks)


def read_command(program: str, path: tuple[str, ...]) -> Command:
    """Asks the program for the help of a command, and of those below it."""
    asked = [program, *path[1:], "--help"]
    text = subprocess.run(asked, check=True, capture_output=True, text=True, timeout=60).stdout
    lines = [line.rstrip() for line in text.splitlines()]
    usage_at = next(at for at, line in enumerate(lines) if line.startswith("Usage: "))
    lists: dict[str, list[str]] = {"Positionals": [], "Options": [], "Subcommands": []}
    at = usage_at + 1
    while at < len(lines):
        if not lines[at]:
            at += 1
            continue
        name = lines[at].removesuffix(":")
        if name not in lists:
            break
        at += 1
        while at < len(lines) and lines[at]:
            lists[name].append(lines[at])
            at += 1
    return Command(
        path=path,
        summary=" ".join(lines[:usage_at]).strip(),
        usage=lines[usage_at].removeprefix("Usage: "),
        positionals=tuple(read_option(*entry) for entry in entries(lists["Positionals"])),
        options=tuple(read_option(*entry) for entry in entries(lists["Options"])),
        commands=tuple(read_command(program, (*path, name)) for name, _ in entries(lists["Subcommands"])),
        blocks=read_blocks(lines[at:]),
    )


def read_program(program: str) -> Command:
    return read_command(program, ("runwatch",))


def definitions(lines: tuple[str, ...]) -> list[tuple[str, str]]:
    """Terms and what is said of them, of lines such as `  term   text`, which go on further in."""
    found: list[tuple[str, str]] = []
    for line in lines:
        match = re.match(r"  (\S+(?: \S+)*)\s{2,}(.+)$", line)
        if match:
            found.append((match.group(1), match.group(2)))
        elif found and line.startswith("   "):
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        else:
            return []
    return found


def statuses(block: Block) -> list[tuple[str, str]]:
    """Exit statuses and what they mean, the lowest first, of lines that may hold several side by side."""
    found: list[tuple[str, int, str]] = []  # the code, the column of its text, its text
    for line in block.lines:
        code = ""
        for chunk in re.finditer(r"\S+(?: \S+)*", line):
            if STATUS_CODES.fullmatch(chunk.group()):
                code = chunk.group()
            elif code:
                found.append((code, chunk.start(), chunk.group()))
                code = ""
            else:
                last = max(at for at, (_, column, _) in enumerate(found) if column == chunk.start())
                found[last] = (*found[last][:2], f"{found[last][2]} {chunk.group()}")
    return sorted(((code, text) for code, _, text in found), key=lambda each: int(re.split(r"\D", each[0])[0]))
