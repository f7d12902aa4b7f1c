"""runwatch(1): what the help says, in the frame of docs/man/runwatch.1.in."""

from __future__ import annotations

import re
import textwrap

from .program_help import Block, Command, Option, definitions, statuses
from .roff import bold, escape, example, fill, italic, prose, tagged

#: From so many on, options that another command has as well are listed by name alone.
MANY = 8

EXAMPLES = {"Example", "Examples"}


def value_text(option: Option) -> str:
    return italic(option.value) + ("..." if option.repeated else "")


def option_tag(option: Option) -> str:
    names = ", ".join(bold(name) for name in option.names)
    if not option.names:
        return value_text(option)
    return f"{names} {value_text(option)}" if option.value else names


def option_text(option: Option) -> str:
    text = prose(option.text)
    if option.excludes:
        text += ". Not with " + ", ".join(bold(name) for name in option.excludes)
    return text + "."


def own_options(command: Command) -> list[Option]:
    """All but those that the page explains once, at its top."""
    return [option for option in command.options if option.value or not {"--help", "--version"} & set(option.names)]


def terms(rows: list[tuple[str, str]]) -> str:
    return "".join(tagged(bold(term), prose(text)) for term, text in rows)


def usage_line(command: Command) -> str:
    """The name and what may stand behind it."""
    words = command.usage.split()[len(command.path):]
    parts = [bold(command.name)]
    for word in words:
        core = re.fullmatch(r"(\[?)(\w+)(\.{3})?(\]?)", word)
        if word == "[OPTIONS]":
            parts.append("[" + italic("OPTION") + "]...")
        elif core:
            parts.append(f"{core.group(1)}{italic(core.group(2))}{core.group(3) or ''}{core.group(4)}")
        else:
            parts.append(escape(word))
    return " ".join(parts)


def block_text(block: Block) -> str:
    if block.title == "Exit status":
        rows = statuses(block)
        return ".PP\nExit status:\n.RS 4\n" + terms(rows) + ".RE\n"
    if block.title:
        rows = definitions(block.lines)
        if not rows:
            raise ValueError(f"what stands under {block.title!r} in the help is no list of terms")
        return f".PP\n{prose(block.title)}:\n.RS 4\n" + terms(rows) + ".RE\n"
    return ".PP\n" + prose(" ".join(line.strip() for line in block.lines)) + "\n"


def command_text(command: Command, parent: Command, earlier: list[Command], elsewhere: set[str]) -> str:
    """A command: its options, its paragraphs. What another place of the page says already is left out."""
    options = own_options(command)
    shared_with, shared = None, []
    for other in earlier:
        same = [option for option in options if option in other.options]
        if len(same) >= MANY and len(same) > len(shared):
            shared_with, shared = other, same
    text = f".SS {usage_line(command)}\n{prose(command.summary)}.\n"
    for option in (*command.positionals, *(each for each in options if each not in shared)):
        text += tagged(option_tag(option), option_text(option))
    if shared_with:
        names = ", ".join(bold(option.names[-1]) for option in shared)
        text += f".PP\nBesides, as for {bold(shared_with.name)}: {names}.\n"
    if command.commands:
        names = ", ".join(bold(each.name) for each in command.commands)
        text += f".PP\nIt is one of {names}.\n"
    for block in command.blocks:
        if block not in parent.blocks and block.title not in elsewhere:
            text += block_text(block)
    return text


def verdict_commands(program: Command) -> list[Command]:
    """The commands with the longest list of exit statuses, which is theirs in common."""
    with_status = [command for command in program.with_descendants() if command.block("Exit status")]
    longest = max((command.block("Exit status") for command in with_status), key=lambda block: len(statuses(block)))
    return [command for command in with_status if command.block("Exit status") == longest]


def commands_text(program: Command) -> str:
    verdicts = verdict_commands(program)
    text, earlier = "", []
    parents = {child: command for command in program.with_descendants() for child in command.commands}
    for command in program.with_descendants()[1:]:
        elsewhere = {"Signals"} | EXAMPLES | ({"Exit status"} if command in verdicts else set())
        text += command_text(command, parents[command], earlier, elsewhere)
        earlier.append(command)
    return text


def exit_status_text(program: Command) -> str:
    verdicts = verdict_commands(program)
    names = " and ".join(bold(command.name) for command in verdicts)
    rows = statuses(verdicts[0].block("Exit status"))
    return f"{names} exit by the verdict:\n" + terms(rows)


def signals_text(program: Command) -> str:
    blocks = [(command, command.block("Signals")) for command in program.with_descendants()]
    return "".join(
        f"{bold(command.name)} heeds:\n" + terms(definitions(block.lines))
        for command, block in blocks
        if block
    )


def examples_text(program: Command) -> str:
    text = ""
    for command in program.with_descendants():
        for block in command.blocks:
            if block.title in EXAMPLES:
                lines = textwrap.dedent("\n".join(block.lines)).split("\n")
                text += f".PP\n{prose(command.summary)}:\n" + example(lines)
    return text


def synopsis_text(program: Command) -> str:
    leaves = [command for command in program.with_descendants() if not command.commands]
    lines = [usage_line(command) for command in leaves] + [
        f"{bold('runwatch')} [{italic('COMMAND')}...] {bold('--help')}",
        f"{bold('runwatch --version')}",
    ]
    return "\n.br\n".join(lines) + "\n"


def require_variables(program: Command, frame: str) -> None:
    """The variables that the help names are all explained in the frame."""
    for command in program.with_descendants():
        said = [option.text for option in command.options]
        said += [line for block in command.blocks for line in block.lines]
        for name in re.findall(r"\bvariable ([A-Z][A-Z_]+[A-Z])\b", " ".join(said)):
            if not re.search(rf"^\.BR? {name}\b", frame, flags=re.M):
                raise ValueError(f"{command.name} --help names {name}: say in docs/man/runwatch.1.in what it does")


def program_page(program: Command, version: str, frame: str) -> str:
    require_variables(program, frame)
    parts = {
        "version": escape(version),
        "synopsis": synopsis_text(program),
        "commands": commands_text(program),
        "exit_status": exit_status_text(program),
        "signals": signals_text(program),
        "examples": examples_text(program),
    }
    return fill(frame, parts)
