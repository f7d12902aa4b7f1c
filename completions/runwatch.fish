# Completion of runwatch for fish. Made by scripts/manual from what `runwatch --help` says.

# Whether the command line has come to this command, and to none below it.
function __runwatch_is
    set -l command runwatch
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
            case 'runwatch wait' 'runwatch run' 'runwatch serve' 'runwatch check' 'runwatch deliveries' 'runwatch deliveries list' 'runwatch deliveries retry' 'runwatch deliveries drop' 'runwatch sinks' 'runwatch sinks list' 'runwatch sinks test' 'runwatch sinks enable' 'runwatch watch' 'runwatch watch add' 'runwatch watch list' 'runwatch watch remove' 'runwatch explain' 'runwatch reload' 'runwatch healthcheck'
                set command "$command $word"
        end
    end
    test "$command" = "$argv"
end

complete -c runwatch -f

complete -c runwatch -n '__runwatch_is runwatch' -a wait -d 'Wait for runs, print the results, exit by verdict'
complete -c runwatch -n '__runwatch_is runwatch' -a run -d 'Start tests or suites, then wait for their runs'
complete -c runwatch -n '__runwatch_is runwatch' -a serve -d 'Watch the runs of a config and deliver their results'
complete -c runwatch -n '__runwatch_is runwatch' -a check -d 'Validate a config and print the effective one'
complete -c runwatch -n '__runwatch_is runwatch' -a deliveries -d 'List, retry or drop what sinks are still to get'
complete -c runwatch -n '__runwatch_is runwatch' -a sinks -d 'List sinks, test one, or enable one that was stopped'
complete -c runwatch -n '__runwatch_is runwatch' -a watch -d 'Have a running daemon watch runs, or watch them no more'
complete -c runwatch -n '__runwatch_is runwatch' -a explain -d 'Show what happened to one run, and why'
complete -c runwatch -n '__runwatch_is runwatch' -a reload -d 'Make a running daemon read its config anew, and say what comes of it'
complete -c runwatch -n '__runwatch_is runwatch' -a healthcheck -d 'Tell by the exit status whether a daemon is ready'
complete -c runwatch -n '__runwatch_is runwatch' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch' -l version -d 'Display program version information and exit'

complete -c runwatch -n '__runwatch_is runwatch wait' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch wait' -s o -l output -x -a 'auto text json jsonl github' -d 'How results are printed: auto (default), text, json, jsonl or github'
complete -c runwatch -n '__runwatch_is runwatch wait' -l junit -r -F -d 'Also write a JUnit report to this file'
complete -c runwatch -n '__runwatch_is runwatch wait' -l timeout -x -d 'Stop waiting after this long; a last look is taken then (default: 24h)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l interval -x -d 'Look at each run this often, instead of by the schedule'
complete -c runwatch -n '__runwatch_is runwatch wait' -l not-found-grace -x -d 'How long a run may be unknown to the API before it is given up (default: 60s)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l any -d 'Return when the first run ends'
complete -c runwatch -n '__runwatch_is runwatch wait' -l fail-fast -d 'Return when the first run does not pass'
complete -c runwatch -n '__runwatch_is runwatch wait' -s q -l quiet -d 'Print the verdict only'
complete -c runwatch -n '__runwatch_is runwatch wait' -l heartbeat -x -d 'Without a terminal, say this often that the wait goes on; 0s for never (default: 60s)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l api-key-file -r -F -d 'Read the API key from this file (default: the variable TELNYX_API_KEY)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l base-url -x -d 'The API\'s address (default: the variable TELNYX_BASE_URL, else https://api.telnyx.com/v2)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l ca-file -r -F -d 'Trust the authorities in this PEM file instead of the system\'s'
complete -c runwatch -n '__runwatch_is runwatch wait' -l proxy -x -d 'Reach the API through this proxy (default: the variable HTTPS_PROXY)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l allow-http -d 'Allow a base URL with http:// beyond this machine'
complete -c runwatch -n '__runwatch_is runwatch wait' -s c -l config -r -F -d 'Also deliver the results to the sinks of this config (but those of type stdout), and take from it what is not said here'
complete -c runwatch -n '__runwatch_is runwatch wait' -l sink -x -d 'Of the config\'s sinks, deliver to this one alone; may be repeated'
complete -c runwatch -n '__runwatch_is runwatch wait' -l require-delivery -x -d 'Exit with 3 if this sink did not take every result by the deadline; may be repeated'
complete -c runwatch -n '__runwatch_is runwatch wait' -l hand-over -d 'At the deadline, leave what has not ended to a running daemon'
complete -c runwatch -n '__runwatch_is runwatch wait' -l address -x -d 'With --hand-over: where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch wait' -l token-file -r -F -d 'With --hand-over: a file with the daemon\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'

complete -c runwatch -n '__runwatch_is runwatch run' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch run' -l test -x -d 'Start a run of this test; may be repeated'
complete -c runwatch -n '__runwatch_is runwatch run' -l suite -x -d 'Start a run of each test in this suite; may be repeated'
complete -c runwatch -n '__runwatch_is runwatch run' -l version -x -d 'The version of the assistant to test (destination_version_id)'
complete -c runwatch -n '__runwatch_is runwatch run' -l detach -d 'Print what was started, a TEST_ID/RUN_ID a line, and wait for nothing'
complete -c runwatch -n '__runwatch_is runwatch run' -s o -l output -x -a 'auto text json jsonl github' -d 'How results are printed: auto (default), text, json, jsonl or github'
complete -c runwatch -n '__runwatch_is runwatch run' -l junit -r -F -d 'Also write a JUnit report to this file'
complete -c runwatch -n '__runwatch_is runwatch run' -l timeout -x -d 'Stop waiting after this long; a last look is taken then (default: 24h)'
complete -c runwatch -n '__runwatch_is runwatch run' -l interval -x -d 'Look at each run this often, instead of by the schedule'
complete -c runwatch -n '__runwatch_is runwatch run' -l not-found-grace -x -d 'How long a run may be unknown to the API before it is given up (default: 60s)'
complete -c runwatch -n '__runwatch_is runwatch run' -l any -d 'Return when the first run ends'
complete -c runwatch -n '__runwatch_is runwatch run' -l fail-fast -d 'Return when the first run does not pass'
complete -c runwatch -n '__runwatch_is runwatch run' -s q -l quiet -d 'Print the verdict only'
complete -c runwatch -n '__runwatch_is runwatch run' -l heartbeat -x -d 'Without a terminal, say this often that the wait goes on; 0s for never (default: 60s)'
complete -c runwatch -n '__runwatch_is runwatch run' -l api-key-file -r -F -d 'Read the API key from this file (default: the variable TELNYX_API_KEY)'
complete -c runwatch -n '__runwatch_is runwatch run' -l base-url -x -d 'The API\'s address (default: the variable TELNYX_BASE_URL, else https://api.telnyx.com/v2)'
complete -c runwatch -n '__runwatch_is runwatch run' -l ca-file -r -F -d 'Trust the authorities in this PEM file instead of the system\'s'
complete -c runwatch -n '__runwatch_is runwatch run' -l proxy -x -d 'Reach the API through this proxy (default: the variable HTTPS_PROXY)'
complete -c runwatch -n '__runwatch_is runwatch run' -l allow-http -d 'Allow a base URL with http:// beyond this machine'
complete -c runwatch -n '__runwatch_is runwatch run' -s c -l config -r -F -d 'Also deliver the results to the sinks of this config (but those of type stdout), and take from it what is not said here'
complete -c runwatch -n '__runwatch_is runwatch run' -l sink -x -d 'Of the config\'s sinks, deliver to this one alone; may be repeated'
complete -c runwatch -n '__runwatch_is runwatch run' -l require-delivery -x -d 'Exit with 3 if this sink did not take every result by the deadline; may be repeated'
complete -c runwatch -n '__runwatch_is runwatch run' -l hand-over -d 'Leave what was started to a running daemon, print it as --detach does, and wait for nothing'
complete -c runwatch -n '__runwatch_is runwatch run' -l address -x -d 'With --hand-over: where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch run' -l token-file -r -F -d 'With --hand-over: a file with the daemon\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'

complete -c runwatch -n '__runwatch_is runwatch serve' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch serve' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'

complete -c runwatch -n '__runwatch_is runwatch check' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch check' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch check' -l online -d 'Also try the API key, and reach the hosts of the sinks, to which nothing is sent'
complete -c runwatch -n '__runwatch_is runwatch check' -s q -l quiet -d 'Print warnings and problems only'

complete -c runwatch -n '__runwatch_is runwatch deliveries' -a list -d 'Show what is not yet delivered'
complete -c runwatch -n '__runwatch_is runwatch deliveries' -a retry -d 'Make pending and dead deliveries due now'
complete -c runwatch -n '__runwatch_is runwatch deliveries' -a drop -d 'End deliveries that are pending, dead or orphaned for good'
complete -c runwatch -n '__runwatch_is runwatch deliveries' -s h -l help -d 'Print this help message and exit'

complete -c runwatch -n '__runwatch_is runwatch deliveries list' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -l address -x -d 'Ask the daemon whose API is reached here, HOST:PORT or unix:/PATH, instead of the state file that the config names'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -l sink -x -d 'Only those of this sink'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -l state -x -a '(__fish_complete_list , \'string split " " "pending dead orphaned delivered dropped"\')' -d 'Only those in these states, separated by commas (default: pending,dead,orphaned)'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -s a -l all -d 'Those in every state'
complete -c runwatch -n '__runwatch_is runwatch deliveries list' -l json -d 'Print a JSON array'

complete -c runwatch -n '__runwatch_is runwatch deliveries retry' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch deliveries retry' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch deliveries retry' -l address -x -d 'Ask the daemon whose API is reached here, HOST:PORT or unix:/PATH, instead of the state file that the config names'
complete -c runwatch -n '__runwatch_is runwatch deliveries retry' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch deliveries retry' -l sink -x -d 'Only those of this sink'
complete -c runwatch -n '__runwatch_is runwatch deliveries retry' -s a -l all -d 'All that are pending or dead'

complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -l address -x -d 'Ask the daemon whose API is reached here, HOST:PORT or unix:/PATH, instead of the state file that the config names'
complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -l sink -x -d 'Only those of this sink'
complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -l state -x -a '(__fish_complete_list , \'string split " " "pending dead orphaned delivered dropped"\')' -d 'Only those in these states, separated by commas (default: pending,dead,orphaned)'
complete -c runwatch -n '__runwatch_is runwatch deliveries drop' -s a -l all -d 'All that are pending, dead or orphaned'

complete -c runwatch -n '__runwatch_is runwatch sinks' -a list -d 'Show all sinks, and how many deliveries wait for each'
complete -c runwatch -n '__runwatch_is runwatch sinks' -a test -d 'Send one test message to one sink'
complete -c runwatch -n '__runwatch_is runwatch sinks' -a enable -d 'Lift the stop that a 410 caused'
complete -c runwatch -n '__runwatch_is runwatch sinks' -s h -l help -d 'Print this help message and exit'

complete -c runwatch -n '__runwatch_is runwatch sinks list' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch sinks list' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch sinks list' -l json -d 'Print a JSON array'

complete -c runwatch -n '__runwatch_is runwatch sinks test' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch sinks test' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'

complete -c runwatch -n '__runwatch_is runwatch sinks enable' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch sinks enable' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'

complete -c runwatch -n '__runwatch_is runwatch watch' -a add -d 'Watch runs until they have ended'
complete -c runwatch -n '__runwatch_is runwatch watch' -a list -d 'Show the runs that are watched'
complete -c runwatch -n '__runwatch_is runwatch watch' -a remove -d 'Watch runs no more, without a result'
complete -c runwatch -n '__runwatch_is runwatch watch' -s h -l help -d 'Print this help message and exit'

complete -c runwatch -n '__runwatch_is runwatch watch add' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch watch add' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch watch add' -l address -x -d 'Where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch watch add' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch watch add' -l json -d 'Print JSON'
complete -c runwatch -n '__runwatch_is runwatch watch add' -l label -x -d 'A label that goes with the result; may be given more than once'
complete -c runwatch -n '__runwatch_is runwatch watch add' -l sink -x -d 'Only to this sink; may be given more than once (default: all)'

complete -c runwatch -n '__runwatch_is runwatch watch list' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch watch list' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch watch list' -l address -x -d 'Where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch watch list' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch watch list' -l json -d 'Print JSON'
complete -c runwatch -n '__runwatch_is runwatch watch list' -l test -x -d 'Only runs of this test'

complete -c runwatch -n '__runwatch_is runwatch watch remove' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch watch remove' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch watch remove' -l address -x -d 'Where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch watch remove' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch watch remove' -l json -d 'Print JSON'

complete -c runwatch -n '__runwatch_is runwatch explain' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch explain' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch explain' -l address -x -d 'Where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch explain' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch explain' -l json -d 'Print a JSON object'

complete -c runwatch -n '__runwatch_is runwatch reload' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch reload' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch reload' -l address -x -d 'Where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
complete -c runwatch -n '__runwatch_is runwatch reload' -l token-file -r -F -d 'A file with the API\'s token (default: the variable RUNWATCH_TOKEN, then http.token of the config)'
complete -c runwatch -n '__runwatch_is runwatch reload' -l json -d 'Print a JSON object'

complete -c runwatch -n '__runwatch_is runwatch healthcheck' -s h -l help -d 'Print this help message and exit'
complete -c runwatch -n '__runwatch_is runwatch healthcheck' -s c -l config -r -F -d 'The config file (default: /etc/runwatch/runwatch.yaml)'
complete -c runwatch -n '__runwatch_is runwatch healthcheck' -l address -x -d 'Where the daemon\'s API is reached, HOST:PORT or unix:/PATH (default: http.listen of the config)'
