"""The completion for fish."""

from __future__ import annotations

from .program_help import Command, Option, takes_list

HEAD = """\
# Completion of runwatch for fish. Made by scripts/manual from what `runwatch --help` says.

# Whether the command line has come to this command, and to none below it.
function __runwatch_is
    set -l command runwatch
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
            case @paths@
                set command "$command $word"
        end
    end
    test "$command" = "$argv"
end

complete -c runwatch -f
"""


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def option_line(command: Command, option: Option) -> str:
    words = ["complete -c runwatch -n", quoted(f"__runwatch_is {command.name}")]
    for name in option.names:
        words.append(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}")
    values = command.values_of(option)
    if option.takes_file:
        words.append("-r -F")
    elif values and takes_list(option):
        words.append("-x -a " + quoted("(__fish_complete_list , 'string split \" \" \"" + " ".join(values) + "\"')"))
    elif values:
        words.append("-x -a " + quoted(" ".join(values)))
    elif option.value:
        words.append("-x")
    words.append("-d " + quoted(option.text))
    return " ".join(words)


def command_lines(command: Command) -> str:
    here = quoted(f"__runwatch_is {command.name}")
    lines = [
        f"complete -c runwatch -n {here} -a {each.path[-1]} -d {quoted(each.summary)}" for each in command.commands
    ]
    return "\n".join(lines + [option_line(command, option) for option in command.options]) + "\n"


def completion(program: Command) -> str:
    commands = program.with_descendants()
    paths = " ".join(quoted(each.name) for each in commands[1:])
    return HEAD.replace("@paths@", paths) + "".join("\n" + command_lines(each) for each in commands)
