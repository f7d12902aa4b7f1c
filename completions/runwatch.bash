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
        "runwatch wait" | \
            "runwatch run" | \
            "runwatch serve" | \
            "runwatch check" | \
            "runwatch deliveries" | \
            "runwatch deliveries list" | \
            "runwatch deliveries retry" | \
            "runwatch deliveries drop" | \
            "runwatch sinks" | \
            "runwatch sinks list" | \
            "runwatch sinks test" | \
            "runwatch sinks enable" | \
            "runwatch watch" | \
            "runwatch watch add" | \
            "runwatch watch list" | \
            "runwatch watch remove" | \
            "runwatch explain" | \
            "runwatch reload" | \
            "runwatch healthcheck")
            command+=" ${COMP_WORDS[at]}"
            ;;
        esac
    done

    COMPREPLY=()
    local commands= options= files= others= words= list=
    case $command in
    "runwatch")
        commands="wait run serve check deliveries sinks watch explain reload healthcheck"
        options="-h --help --version"
        ;;
    "runwatch wait")
        options="-h --help -o --output --junit --timeout --interval --not-found-grace --any --fail-fast -q --quiet --heartbeat --api-key-file --base-url --ca-file --proxy --allow-http -c --config --sink --require-delivery --hand-over --address --token-file"
        files="--junit --api-key-file --ca-file -c --config --token-file"
        others="--timeout --interval --not-found-grace --heartbeat --base-url --proxy --sink --require-delivery --address"
        ;;
    "runwatch run")
        options="-h --help --test --suite --version --detach -o --output --junit --timeout --interval --not-found-grace --any --fail-fast -q --quiet --heartbeat --api-key-file --base-url --ca-file --proxy --allow-http -c --config --sink --require-delivery --hand-over --address --token-file"
        files="--junit --api-key-file --ca-file -c --config --token-file"
        others="--test --suite --version --timeout --interval --not-found-grace --heartbeat --base-url --proxy --sink --require-delivery --address"
        ;;
    "runwatch serve")
        options="-h --help -c --config"
        files="-c --config"
        ;;
    "runwatch check")
        options="-h --help -c --config --online -q --quiet"
        files="-c --config"
        ;;
    "runwatch deliveries")
        commands="list retry drop"
        options="-h --help"
        ;;
    "runwatch deliveries list")
        options="-h --help -c --config --address --token-file --sink --state -a --all --json"
        files="-c --config --token-file"
        others="--address --sink"
        ;;
    "runwatch deliveries retry")
        options="-h --help -c --config --address --token-file --sink -a --all"
        files="-c --config --token-file"
        others="--address --sink"
        ;;
    "runwatch deliveries drop")
        options="-h --help -c --config --address --token-file --sink --state -a --all"
        files="-c --config --token-file"
        others="--address --sink"
        ;;
    "runwatch sinks")
        commands="list test enable"
        options="-h --help"
        ;;
    "runwatch sinks list")
        options="-h --help -c --config --json"
        files="-c --config"
        ;;
    "runwatch sinks test")
        options="-h --help -c --config"
        files="-c --config"
        ;;
    "runwatch sinks enable")
        options="-h --help -c --config"
        files="-c --config"
        ;;
    "runwatch watch")
        commands="add list remove"
        options="-h --help"
        ;;
    "runwatch watch add")
        options="-h --help -c --config --address --token-file --json --label --sink"
        files="-c --config --token-file"
        others="--address --label --sink"
        ;;
    "runwatch watch list")
        options="-h --help -c --config --address --token-file --json --test"
        files="-c --config --token-file"
        others="--address --test"
        ;;
    "runwatch watch remove")
        options="-h --help -c --config --address --token-file --json"
        files="-c --config --token-file"
        others="--address"
        ;;
    "runwatch explain")
        options="-h --help -c --config --address --token-file --json"
        files="-c --config --token-file"
        others="--address"
        ;;
    "runwatch reload")
        options="-h --help -c --config --address --token-file --json"
        files="-c --config --token-file"
        others="--address"
        ;;
    "runwatch healthcheck")
        options="-h --help -c --config --address"
        files="-c --config"
        others="--address"
        ;;
    esac

    if [[ " $files " == *" $option "* ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
    fi
    case "$command $option" in
    "runwatch wait -o" | "runwatch wait --output") words="auto text json jsonl github" ;;
    "runwatch run -o" | "runwatch run --output") words="auto text json jsonl github" ;;
    "runwatch deliveries list --state") list="pending dead orphaned delivered dropped" ;;
    "runwatch deliveries drop --state") list="pending dead orphaned delivered dropped" ;;
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
