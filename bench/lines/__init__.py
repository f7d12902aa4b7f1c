"""The lines of the table, by name, in their order there."""

from __future__ import annotations

from typing import Callable

from lines import control_load, delivery, end_to_end, poll_cpu, pure, requests, scale, schedule
from lines.bench import Bench
from lines.table import Row

LINES: dict[str, Callable[[Bench], list[Row]]] = {
    "poll-cpu": poll_cpu.measure_beside_wrk,
    "node": poll_cpu.measure_beside_node,
    "schedule": schedule.measure,
    "schedule-live": schedule.measure_end_to_end,
    "lists": requests.measure,
    "memory": scale.measure_memory,
    "lateness": scale.measure_lateness,
    "control-load": control_load.measure,
    "delivery": delivery.measure_one,
    "burst": delivery.measure_burst,
    "start": scale.measure_start,
    "end-to-end": end_to_end.measure,
    "pure": pure.measure,
}
