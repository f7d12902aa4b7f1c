"""The completion for zsh."""

from __future__ import annotations

import re

from .program_help import Command, Option, takes_list


HEAD = """\
#compdef runwatch
# Completion of runwatch for zsh. Made by scripts/manual from what `runwatch --help` says.

"""


def quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def described(text: str) -> str:
    """What is said of an option, within [ ]."""
    return re.sub(r"([\[\]:\\])", r"\\\1", text)


def action(command: Command, option: Option) -> str:
    """What completes its value."""
    values = command.values_of(option)
    if option.takes_file:
        return "_files"
    if values and takes_list(option):
        return f"_sequence compadd - {' '.join(values)}"
    return f"({' '.join(values)})" if values else " "


def option_spec(command: Command, option: Option) -> str:
    value = f":{option.value}:{action(command, option)}" if option.value else ""
    if {"--help", "--version"} & set(option.names) and not value:
        condition = "(- *)"
    elif option.repeatable:
        condition = "*"
    else:
        condition = f"({' '.join([*option.names, *option.excludes])})"
    text = f"[{described(option.text)}]{value}"
    names = [name + ("=" if value and name.startswith("--") else "") for name in option.names]
    if len(names) == 1:
        return quoted(condition + names[0] + text)
    return quoted(condition) + "{" + ",".join(names) + "}" + quoted(text)


def positional_spec(option: Option) -> str:
    return quoted(f"{'*' if option.repeated else ''}:{option.value}: ")


def function_name(command: Command) -> str:
    return "_" + "_".join(command.path)


def function(command: Command) -> str:
    specs = [option_spec(command, option) for option in command.options]
    if not command.commands:
        specs += [positional_spec(option) for option in command.positionals]
        body = " \\\n        ".join(["_arguments -s", *specs])
        return f"{function_name(command)}() {{\n    {body}\n}}\n"
    specs += ["'1:command:->command'", "'*::argument:->argument'"]
    body = " \\\n        ".join(["_arguments -C", *specs])
    rows = (each.path[-1] + ":" + described(each.summary) for each in command.commands)
    described_commands = "\n".join(f"            {quoted(row)}" for row in rows)
    names = " | ".join(each.path[-1] for each in command.commands)
    return f"""{function_name(command)}() {{
    local curcontext=$curcontext state line
    local -a commands
    typeset -A opt_args
    {body}
    case $state in
    command)
        commands=(
{described_commands}
        )
        _describe command commands
        ;;
    argument)
        curcontext=${{curcontext%:*:*}}:runwatch-$words[1]:
        case $words[1] in
        {names}) {function_name(command)}_$words[1] ;;
        esac
        ;;
    esac
}}
"""


def completion(program: Command) -> str:
    functions = "\n".join(function(each) for each in reversed(program.with_descendants()))
    return HEAD + functions + '\n_runwatch "$@"\n'
