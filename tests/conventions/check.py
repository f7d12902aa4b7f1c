#!/usr/bin/env python3
"""Keeps the rules of CONTRIBUTING.md that a compiler does not know: which room may include which, and the statements
that g++ 12 miscompiles. Prints each breach as `file:line: what` and exits 1 if there is any."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# What the files of a room may include of ours, besides their own room. The longest matching prefix is the room.
PURE = {"time", "units", "text", "failure", "backoff", "durations", "schedule", "run"}
ROOMS: dict[str, set[str]] = {
    "time": set(),
    "units": {"time"},
    "text": set(),
    "secret": set(),
    "failure": {"time"},
    "backoff": {"time"},
    "durations": {"time"},
    "schedule": {"time", "durations"},
    "run": {"time"},
    "learned_schedules": {"durations", "schedule", "run"},
    "rate_limit": {"time"},
    "rate_budget": {"time", "backoff", "rate_limit"},
    "list_habit": set(),
    "lookout": {"run_source", "run", "time"},
    "watch_list": {"list_habit", "run_source", "watch", "run", "time"},
    "result": {"failure"},
    "json_escape": set(),
    "is_json": {"json_escape", "json_text", "text"},
    "json_text": {"json_escape", "text"},
    "join": set(),
    "task_group": {"join"},
    "signals_blocked": set(),
    "open_files": set(),
    "io_thread": {"signals_blocked"},
    "log_settings": set(),
    "systemd": {"time"},
    "log": {"log_settings", "systemd", "json_text", "signals_blocked", "text", "time"},
    "troubles": {"run"},
    "clock": {"time"},
    "bell": {"clock"},
    "rate_limit": {"time"},
    "run_source": {"result", "run"},
    "run_starter": {"result", "run", "text"},
    "watch": PURE | {"result"},
    "run_result": PURE | {"watch", "json_text"},
    "sink": {"result", "run_result"},
    "follow_record": {"time"},
    "follow_status": {"time"},
    "state_records": PURE | {"run_result", "watch", "follow_record"},
    "store": PURE | {"follow_record", "signals_blocked", "run_result", "json_text", "run_json", "watch", "state_records"},
    "run_json": PURE | {"json_escape", "json_text"},
    "poll_history": PURE | {"result", "watch", "text"},
    "state_json": PURE | {"state_records", "poll_history", "json_text", "limit_logs", "run_result"},
    "settle": PURE | {"result", "store"},
    "delivery": PURE | {"clock", "store", "sink", "settle", "join"},
    "poller": PURE | {"clock", "run_source", "watch", "join", "task_group", "result"}
    | {"learned_schedules", "list_habit", "rate_budget", "watch_list"},
    "follower": PURE | {"clock", "poller", "store", "lookout", "run_source", "follow_record", "follow_status", "result", "watch"},
    "http_client": {"result", "failure", "time"},
    "url": set(),
    "listen_address": {"http_client", "text"},
    "http_server": {"http_client", "listen_address", "time"},
    "net": {"http_client", "http_server", "listen_address", "url", "result", "failure", "time"}
    | {"join", "task_group", "json_text"},
    "retry_after": {"http_client", "time", "text"},
    "sinks": PURE
    | {"sink", "run_result", "watch", "result", "http_client", "retry_after", "url", "clock", "secret", "json_text", "run_json", "join"}
    | {"options", "option_node", "problems", "secret_source", "http_settings", "io_thread", "limit_logs", "open_files", "signals_blocked"},
    "api_key": {"secret", "secret_source", "http_client"},
    "api_clock": {"time", "units"},
    "telnyx": PURE | {"http_client", "retry_after", "url", "clock", "run_source", "run_starter", "secret", "json_text", "run_json", "result"}
    | {"api_key", "api_clock", "secret_source", "rate_limit"},
}
# What a config file says, free of YAML: sinks read their options from it.
ROOMS |= {
    "secret_source": {"secret", "http_client", "text"},
    "option_node": {"text", "json_text", "units"},
    "problems": {"option_node", "http_client", "text"},
    "options": {"option_node", "problems", "secret_source", "secret", "http_client", "time", "units"},
    "http_settings": {"options", "problems", "secret", "http_client", "net"},
    "result_filter": {"run_result", "watch"},
    "limit_logs": {"options", "run_result", "json_text"},
    "control_api": {"clock", "follow_status", "http_server", "poll_history", "secret_source", "store", "time"},
    "control": PURE
    | {"control_api", "follow_status", "http_server", "http_client", "clock", "store", "state_json", "poll_history", "json_text", "run_json"}
    | {"bell", "limit_logs", "options", "secret", "secret_source", "telnyx"},
    "config": PURE | {"options", "option_node", "problems", "secret_source", "secret", "result_filter", "watch"}
    | {"http_client", "http_settings", "telnyx", "log_settings", "api_key", "listen_address"},
}
ROOMS["metrics"] = PURE | {"watch", "delivery", "store", "run_result", "result", "watch_list"}
# Everything that a daemon is made of, put together.
ROOMS["app"] = set(ROOMS) - {"net"}
# The command line sees everything.
ROOMS["cli"] = set(ROOMS)

# Libraries that only one room may see.
LIBRARIES = {
    r"boost/beast|boost/asio/ssl|openssl/|ares\.h": {"net"},
    r"CLI/": {"cli"},
    r"yaml-cpp": {"config"},
    r"sqlite3|SQLiteCpp": {"store"},
    r"spdlog": {"log"},
    r"systemd/": {"systemd"},
    r"prometheus/": {"metrics"},
    r"boost/json": {"telnyx", "json_text", "run_json", "store", "control"},
    r"boost/": set(ROOMS) - PURE - {"secret"},
}

# Files that may see a library which their room may not.
EXCEPTIONS = {"src/sinks/webhook_signature.cpp": r"openssl/"}

FORBIDDEN = {
    r"\basio::detached\b": "no detached coroutine: join it where it was started",
    r"\bexperimental::channel\b": "experimental::channel of Boost 1.81 drops what is buffered when it closes",
    r"\bsleep_for\b|\busleep\b|\bsleep_until\b": "nothing sleeps: wait for a condition, or step the manual clock",
    r"\b(class|struct)\s+\w*([Mm]anager|[Hh]andler|[Uu]til|[Ii]mpl)\b": "name the thing, not its role in a pattern",
    r"\b(io|ioc|loop|ctx|context|io_context)_?\.stop\(\)": "never io_context::stop(): emit terminal cancellation and let run() return",
}


def room_of(path: pathlib.Path) -> str:
    """The room a file of src/ or include/ belongs to: its folder, or its own name."""
    relative = path.relative_to(ROOT / "src") if path.is_relative_to(ROOT / "src") else path.relative_to(ROOT / "include/runwatch")
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def without_comments_and_strings(text: str) -> str:
    """The code alone, every other character replaced by a blank, so that positions stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    return re.sub(pattern, lambda match: re.sub(r"[^\n]", " ", match.group()), text, flags=re.S)


def included(text: str) -> list[tuple[int, str]]:
    """Line and name of each file that a text includes."""
    found = re.finditer(r'^#include [<"]([^>"]+)[>"]', text, flags=re.M)
    return [(text.count("\n", 0, match.start()) + 1, match.group(1)) for match in found]


def include_breaches(path: pathlib.Path, text: str) -> list[tuple[int, str]]:
    """Includes that turn an arrow back, or show a library where it does not belong."""
    room = room_of(path)
    if room not in ROOMS:
        return [(1, f"the room '{room}' is unknown: give it its row in {pathlib.Path(__file__).name}")]
    breaches = []
    for line, name in included(text):
        ours = re.match(r"(?:runwatch/)?(\w+)(?:/\w+)?\.hpp$", name)
        if ours and (name.startswith("runwatch/") or (ROOT / "src" / name).exists()):
            if ours.group(1) != room and ours.group(1) not in ROOMS[room]:
                breaches.append((line, f"'{room}' must not include '{ours.group(1)}'"))
            continue
        for library, allowed in LIBRARIES.items():
            if re.match(library, name):
                exception = EXCEPTIONS.get(str(path.relative_to(ROOT)))
                if room not in allowed and not (exception and re.match(exception, name)):
                    breaches.append((line, f"'{room}' must not include <{name}>"))
                break
        if "include" in path.parts and re.match(r"boost/beast|boost/asio/ssl|openssl/|sqlite3|yaml-cpp", name):
            breaches.append((line, f"a public header must not show <{name}>"))
    return breaches


def statement_around(code: str, at: int) -> str:
    """The statement that holds the co_await at `at`: from the last ; { or } to the next ; or the block of a condition."""
    start = max(code.rfind(mark, 0, at) for mark in ";{}") + 1
    depth = 0
    for end in range(at, len(code)):
        letter = code[end]
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if letter == ";" or (letter == "{" and code[start:end].rstrip().endswith(")") and depth < 0):
            return code[start:end]
        if letter == "{" and re.match(r"\s*(if|while|for|switch)\b", code[start:end]) and code[:end].rstrip().endswith(")"):
            return code[start:end]
    return code[start:]


def co_await_breaches(text: str) -> list[tuple[int, str]]:
    """Statements with co_await that g++ 12 may miscompile: braces, ?: and capturing lambdas."""
    code = without_comments_and_strings(text)
    breaches = []
    for match in re.finditer(r"\bco_await\b", code):
        statement = statement_around(code, match.start())
        # Behind a label or the head of a loop stands another statement.
        for sign, name in (("{", "braces"), ("?", "?:")):
            if sign in statement:
                breaches.append((code.count("\n", 0, match.start()) + 1, f"co_await in a statement with {name}"))
        if re.search(r"(?:[(,=]|return)\s*\[[^\]]*[&=\w][^\]]*\]\s*[({]", statement):
            breaches.append((code.count("\n", 0, match.start()) + 1, "co_await in a statement with a capturing lambda"))
    return breaches


def forbidden_breaches(text: str) -> list[tuple[int, str]]:
    """Words that must not appear in code."""
    code = without_comments_and_strings(text)
    return [
        (code.count("\n", 0, match.start()) + 1, why)
        for pattern, why in FORBIDDEN.items()
        for match in re.finditer(pattern, code)
    ]


def main() -> int:
    breaches = 0
    files = [path for folder in ("src", "include", "tests") for path in sorted((ROOT / folder).rglob("*.[ch]pp"))]
    for path in files:
        text = path.read_text(encoding="utf-8")
        found = co_await_breaches(text) + forbidden_breaches(text)
        if "tests" not in path.relative_to(ROOT).parts:
            found += include_breaches(path, text)
        for line, what in sorted(found):
            print(f"{path.relative_to(ROOT)}:{line}: {what}")
        breaches += len(found)
    print(f"{len(files)} files, {breaches} breaches")
    return 1 if breaches or not files else 0


if __name__ == "__main__":
    sys.exit(main())
