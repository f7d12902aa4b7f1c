"""runwatch.yaml(5): what the JSON Schema of the config says, in the frame of docs/man/runwatch.yaml.5.in."""

from __future__ import annotations

import json
import re

from .roff import bold, escape, example, fill, italic, prose, tagged

Schema = dict

#: What a value is called by the definition of the schema that it refers to.
KINDS = {"duration": "DURATION", "size": "SIZE", "text": "TEXT", "sink_name": "TEXT", "proxy": "URL"}
KINDS |= {"secret": "SECRET", "signing_secret": "SECRET"}
#: Keys whose text is more than any text.
KINDS_OF_KEYS = {"url": "URL", "base_url": "URL", "path": "PATH", "ca_file": "PATH"}
KINDS_OF_KEYS |= {"api_key": "SECRET", "token": "SECRET"}
#: The definitions that say where a value is instead, which the page says once for all at its top.
PLACES = {"place", "secret_place"}


class ConfigSchema:
    """The schema, and what one option of it looks like to a person."""

    def __init__(self, schema: Schema) -> None:
        self.root = schema

    def resolve(self, schema: Schema) -> Schema:
        """What it says itself, besides what it refers to."""
        if "$ref" not in schema:
            return schema
        return {**self.resolve(self.root["$defs"][schema["$ref"].rpartition("/")[2]]), **schema}

    def types_of_sinks(self, items: Schema) -> tuple[list[Schema], Schema]:
        """Each type, and the options that all of them have, but for `type` itself."""
        types = [self.resolve(each) for each in items["oneOf"]]
        common = {
            key: option
            for key, option in types[0]["properties"].items()
            if key != "type" and all(option == each["properties"].get(key) for each in types)
        }
        return types, common

    def words(self, schema: Schema) -> list[str]:
        """The words that a value may be one of."""
        whole = self.resolve(schema)
        if "const" in whole:
            return [whole["const"]]
        return whole.get("enum", []) + [word for each in whole.get("anyOf", []) for word in self.words(each)]

    def kind(self, key: str, schema: Schema) -> str:
        """What a value is, as roff."""
        whole = self.resolve(schema)
        if key in KINDS_OF_KEYS:
            return italic(KINDS_OF_KEYS[key])
        referred = schema.get("$ref", "").rpartition("/")[2]
        if referred in KINDS:
            return italic(KINDS[referred])
        if whole.get("type") == "array":
            return "[" + self.kind("", whole["items"]) + ", ...]"
        if whole.get("type") == "object":
            return "{" + italic("NAME") + ": " + italic("TEXT") + ", ...}"
        if whole.get("type") == "boolean":
            return bold("true") + "|" + bold("false")
        if whole.get("type") == "integer":
            return italic("NUMBER")
        kinds = [bold(word) for word in self.words(schema)]
        for each in whole.get("anyOf", []):
            if each.get("$ref", "").rpartition("/")[2] not in PLACES and not self.words(each):
                kinds.append(italic("TIME") if key == "since" else self.kind("", each))
        return "|".join(dict.fromkeys(kinds)) or italic("TEXT")


def flow(value: object) -> str:
    """A value as a person writes it in the file."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return value if isinstance(value, str) else json.dumps(value)


def option_text(key: str, option: Schema, schema: ConfigSchema, required: bool) -> str:
    whole = schema.resolve(option)
    text = prose(whole["description"])
    if "minimum" in whole and "maximum" in whole:
        text += f" From {whole['minimum']} to {whole['maximum']}."
    if required:
        text += " It has to be there."
    elif whole.get("default") not in (None, {}, []):
        text += f" Default: {escape(flow(whole['default']))}."
    elif whole.get("default") is not None:
        text += " Default: none."
    if whole.get("type") == "object" and "properties" in whole:
        text += "\n.RS\n" + options_text(whole, schema) + ".RE"
        return tagged(f"{bold(key)}:", text)
    return tagged(f"{bold(key)}: {schema.kind(key, option)}", text)


def options_text(section: Schema, schema: ConfigSchema, but: frozenset[str] = frozenset()) -> str:
    required = set(section.get("required", []))
    options = ((key, option) for key, option in section["properties"].items() if key not in but)
    return "".join(option_text(key, option, schema, key in required) for key, option in options)


def section_text(key: str, section: Schema, schema: ConfigSchema) -> str:
    whole = schema.resolve(section)
    if whole.get("type") == "array":
        items = schema.resolve(whole["items"])
        text = f".SS {bold(key)}\n{prose(whole['description'])} A list, of which each has:\n"
        if "oneOf" in items and "properties" not in items:
            return text + sinks_text(items, schema)
        return text + options_text(items, schema)
    if whole.get("type") == "object":
        return f".SS {bold(key)}\n{prose(whole['description'])}\n" + options_text(whole, schema)
    return f".SS {bold(key)}\n" + option_text(key, section, schema, required=False)


def sinks_text(items: Schema, schema: ConfigSchema) -> str:
    """What all types of sinks have, then each type with what it has of its own."""
    types, common = schema.types_of_sinks(items)
    text = options_text({"properties": common, "required": items["required"]}, schema)
    words = "|".join(bold(each["title"]) for each in types)
    explained = "What kind of sink it is. It has to be there. Each kind has options of its own:"
    text += tagged(f"{bold('type')}: {words}", explained)
    for each in types:
        text += f".PP\n{bold('type: ' + each['title'])}. {prose(each['description'])}\n.RS 4\n"
        text += options_text(each, schema, frozenset({*common, "type"})) + ".RE\n"
    return text


def whole_example(config: str) -> list[str]:
    """The options of the commented config, those that are commented out as well: behind their # stands no blank."""
    lines = [re.sub(r"^( *)#(?=[^ ])", r"\1", line) for line in config.splitlines()]
    return [line for line in lines if line.strip() and not re.match(r" *#( |$)", line)]


def config_page(schema_text: str, config: str, version: str, frame: str) -> str:
    schema = ConfigSchema(json.loads(schema_text))
    sections = schema.root["properties"].items()
    parts = {
        "version": escape(version),
        "options": "".join(section_text(key, section, schema) for key, section in sections),
        "example": example(whole_example(config)),
    }
    return fill(frame, parts)
