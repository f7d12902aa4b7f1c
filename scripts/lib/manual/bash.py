"""The completion for bash."""

from __future__ import annotations

from .program_help import Command, Option, takes_list

HEAD = """\
# Completion of runwatch for bash. Made by scripts/manual from what `runwatch --help` says.

_runwatch() {
    local current=${COMP_WORDS[COMP_CWORD]} option=${COMP_WORDS[COMP_CWORD - 1]} command=runwatch at
    # Bash takes --option=VALUE apart at the sign.
    if [[ $current == "=" ]]; then
        current=
    elif [[ $option == "=" ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((at = 1; at < COMP_CWORD; at++)); do
        case "$command ${COMP_WORDS[at]}" in
        @paths@)
            command+=" ${COMP_WORDS[at]}"
            ;;
        esac
    done

    COMPREPLY=()
    local commands= options= files= others= words= list=
    case $command in
@commands@
    esac

    if [[ " $files " == *" $option "* ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    case "$command $option" in
@values@
    esac
    if [[ $list ]]; then
        mapfile -t COMPREPLY < <(compgen -P "${current%"${current##*,}"}" -W "$list" -- "${current##*,}")
        compopt -o nospace
    elif [[ $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    elif [[ " $others " == *" $option "* ]]; then
        :
    elif [[ $current == -* || ! $commands ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
    else
        mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$current")
    fi
}

complete -F _runwatch runwatch
"""


def names(options: list[Option]) -> str:
    return " ".join(name for option in options for name in option.names)


def command_case(command: Command) -> str:
    valued = [option for option in command.options if option.value and not command.values_of(option)]
    sets = [
        ("commands", " ".join(each.path[-1] for each in command.commands)),
        ("options", names(list(command.options))),
        ("files", names([option for option in valued if option.takes_file])),
        ("others", names([option for option in valued if not option.takes_file])),
    ]
    body = "".join(f'        {variable}="{value}"\n' for variable, value in sets if value)
    return f'    "{command.name}")\n{body}        ;;'


def value_cases(command: Command) -> list[str]:
    cases = []
    for option in command.options:
        if values := command.values_of(option):
            patterns = " | ".join(f'"{command.name} {name}"' for name in option.names)
            cases.append(f'    {patterns}) {"list" if takes_list(option) else "words"}="{" ".join(values)}" ;;')
    return cases


def completion(program: Command) -> str:
    commands = program.with_descendants()
    return (
        HEAD.replace("@paths@", " | \\\n            ".join(f'"{each.name}"' for each in commands[1:]))
        .replace("@commands@", "\n".join(map(command_case, commands)))
        .replace("@values@", "\n".join(case for each in commands for case in value_cases(each)))
    )
