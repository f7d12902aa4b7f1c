"""docs/configure.md: what the JSON Schema of the config says, in the frame of docs/configure.md.in."""

from __future__ import annotations

import json
import re

from .config_page import ConfigSchema, Schema, flow
from .roff import SPECIAL, fill


def plain(roff: str) -> str:
    """What the man page says of a value, without its fonts."""
    text = re.sub(r"\\f[BIR]", "", roff)
    for letter, escaped in SPECIAL.items():
        text = text.replace(escaped, letter)
    return text


def cell(text: str) -> str:
    """Text for a table's cell."""
    return text.replace("|", "\\|").replace("<", "&lt;")


def code(text: str) -> str:
    """A value as it is written, for a cell."""
    return f"`{text}`".replace("|", "\\|")


def meaning(option: Schema, required: bool) -> str:
    """What an option does, in which range, and what holds without it."""
    text = option["description"]
    if "minimum" in option and "maximum" in option:
        text += f" From {option['minimum']} to {option['maximum']}."
    text = cell(text)
    if required:
        return text + " **It has to be there.**"
    default = option.get("default")
    if default in ({}, []):
        return text + " Default: none."
    return text if default is None else text + f" Default: {code(flow(default))}."


def rows(section: Schema, schema: ConfigSchema, prefix: str = "", but: frozenset[str] = frozenset()) -> str:
    """A row an option; one that is a map of options has a row for each of these, too."""
    text = ""
    for key, option in section["properties"].items():
        if key in but:
            continue
        whole = schema.resolve(option)
        nests = whole.get("type") == "object" and "properties" in whole
        value = "" if nests else code(plain(schema.kind(key, option)))
        text += f"| `{prefix}{key}` | {value} | {meaning(whole, key in section.get('required', []))} |\n"
        if nests:
            text += rows(whole, schema, f"{prefix}{key}.")
    return text


def table(section: Schema, schema: ConfigSchema, but: frozenset[str] = frozenset()) -> str:
    return "\n| key | value | meaning |\n|---|---|---|\n" + rows(section, schema, but=but)


def sinks(items: Schema, schema: ConfigSchema) -> str:
    """What all types of sinks have, then each type with what it has of its own."""
    types, common = schema.types_of_sinks(items)
    words = ", ".join(f"`{each['title']}`" for each in types)
    text = table({"properties": common, "required": items["required"]}, schema)
    text += f"| `type` | {words} | What kind of sink it is, each with options of its own. **It has to be there.** |\n"
    for each in types:
        text += f"\n### type: {each['title']}\n\n{each['description']}\n"
        text += table(each, schema, frozenset({*common, "type"}))
    return text


def section_text(key: str, section: Schema, schema: ConfigSchema) -> str:
    whole = schema.resolve(section)
    if whole.get("type") == "array":
        items = schema.resolve(whole["items"])
        text = f"## {key}\n\n{whole['description']} A list, of which each has:\n"
        if "oneOf" in items and "properties" not in items:
            return text + sinks(items, schema)
        return text + table(items, schema)
    if whole.get("type") == "object":
        return f"## {key}\n\n{whole['description']}\n" + table(whole, schema)
    return f"## {key}\n" + table({"properties": {key: section}}, schema)


def config_reference(schema_text: str, frame: str) -> str:
    schema = ConfigSchema(json.loads(schema_text))
    sections = schema.root["properties"].items()
    return fill(frame, {"options": "\n".join(section_text(key, section, schema) for key, section in sections)})
