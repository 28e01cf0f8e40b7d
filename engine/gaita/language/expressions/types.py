"""The dialect: how the typed fields of a workflow look to an expression.

For the check, data and payload are two protobuf messages, so that ``has(data.x)``, an unknown field and a
wrong operator are told apart from what they should be. Dates and months are ISO text there, as they are
in the data.
"""

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.struct_pb2 import DESCRIPTOR as STRUCT_FILE
from google.protobuf.timestamp_pb2 import DESCRIPTOR as TIMESTAMP_FILE

from gaita.model.value import Kind, ValueType
from gaita.phrase import phrase

DATA = "gaita.Data"
EVENT = "gaita.Event"

Types = Mapping[str, ValueType]

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# What protobuf's enum is called depends on whose stubs one reads.
_SCALARS: Mapping[Kind, Any] = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "choice": FieldDescriptorProto.TYPE_STRING,
    "date": FieldDescriptorProto.TYPE_STRING,
    "month": FieldDescriptorProto.TYPE_STRING,
    "integer": FieldDescriptorProto.TYPE_INT64,
    "number": FieldDescriptorProto.TYPE_DOUBLE,
    "boolean": FieldDescriptorProto.TYPE_BOOL,
}
_TIMESTAMP = ".google.protobuf.Timestamp"
# What CEL calls the types, and what an operator calls them.
_CEL_NAMES: dict[Kind, str] = {
    "string": "STRING",
    "choice": "STRING",
    "date": "STRING",
    "month": "STRING",
    "integer": "INT",
    "number": "DOUBLE",
    "boolean": "BOOL",
    "moment": "TIMESTAMP",
}
_WORDS = {
    "STRING": phrase("text"),
    "INT": phrase("a whole number"),
    "UINT": phrase("an unsigned number"),
    "DOUBLE": phrase("a number"),
    "BOOL": phrase("true or false"),
    "TIMESTAMP": phrase("a moment"),
    "GOOGLE.PROTOBUF.TIMESTAMP": phrase("a moment"),
    "DURATION": phrase("a duration"),
    "GOOGLE.PROTOBUF.DURATION": phrase("a duration"),
    "BYTES": phrase("raw data"),
    "NULL": phrase("nothing"),
    "NULL_TYPE": phrase("nothing"),
    "DYN": phrase("a value of a type known only when it runs"),
    "GAITA.DATA": phrase("all of the data"),
    "GAITA.EVENT": phrase("the whole payload"),
}


def pool_of(data: Types, event: Types | None) -> DescriptorPool:
    """Return descriptors of the messages ``gaita.Data`` and, where there is an event, ``gaita.Event``."""
    file = FileDescriptorProto(name="gaita.proto", package="gaita", syntax="proto2")
    file.dependency.extend([TIMESTAMP_FILE.name, STRUCT_FILE.name])
    _describe(file.message_type.add(name="Data"), data)
    if event is not None:
        _describe(file.message_type.add(name="Event"), event)
    pool = DescriptorPool()
    for serialized in (TIMESTAMP_FILE.serialized_pb, STRUCT_FILE.serialized_pb, file.SerializeToString()):
        pool.AddSerializedFile(serialized)
    return pool


def _describe(message: DescriptorProto, types: Types) -> None:
    # Fields called `a_b` and `aB` would be one in JSON, which protobuf minds and we never write.
    message.options.deprecated_legacy_json_field_conflicts = True
    for number, (name, value_type) in enumerate(types.items(), start=1):
        if not _IDENTIFIER.fullmatch(name):
            continue  # no expression can name it
        field = message.field.add(name=name, number=_field_number(number))
        field.label = FieldDescriptorProto.LABEL_OPTIONAL
        item = value_type.item
        if value_type.kind == "list" and item is not None and item.kind not in ("list", "map"):
            field.label = FieldDescriptorProto.LABEL_REPEATED
            _type(field, item.kind)
        elif value_type.kind == "map" and item is not None and _has_entry(message, name, item):
            field.label = FieldDescriptorProto.LABEL_REPEATED
            field.type = FieldDescriptorProto.TYPE_MESSAGE
            field.type_name = f".gaita.{message.name}.{_entry_name(name)}"
        else:
            _type(field, value_type.kind)


def _field_number(number: int) -> int:
    return number if number < 19_000 else number + 1_000  # protobuf keeps 19000 to 19999 for itself


def _type(field: FieldDescriptorProto, kind: Kind) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
        return
    field.type = FieldDescriptorProto.TYPE_MESSAGE
    # Lists of lists and maps of maps are beyond protobuf: their items are checked when they run.
    loose = {"list": ".google.protobuf.ListValue", "map": ".google.protobuf.Struct"}
    field.type_name = loose.get(kind, _TIMESTAMP)


def _has_entry(message: DescriptorProto, name: str, item: ValueType) -> bool:
    entry_name = _entry_name(name)
    if item.kind in ("list", "map") or any(nested.name == entry_name for nested in message.nested_type):
        return False
    entry = message.nested_type.add(name=entry_name)
    entry.options.map_entry = True
    key = entry.field.add(name="key", number=1, type=FieldDescriptorProto.TYPE_STRING)
    value = entry.field.add(name="value", number=2)
    key.label = value.label = FieldDescriptorProto.LABEL_OPTIONAL
    _type(value, item.kind)
    return True


def _entry_name(name: str) -> str:
    """Return the one name that protobuf allows for the entries of the map field ``name``."""
    return "".join(part[:1].upper() + part[1:] for part in name.split("_")) + "Entry"


def type_name(value_type: ValueType) -> str:
    """Return CEL's name of the type of such values, e.g. ``LIST<STRING>``."""
    if value_type.kind == "list":
        return f"LIST<{type_name(value_type.item) if value_type.item else 'DYN'}>"
    if value_type.kind == "map":
        return f"MAP<STRING, {type_name(value_type.item) if value_type.item else 'DYN'}>"
    return _CEL_NAMES[value_type.kind]


def fits(found: str, expected: ValueType) -> bool:
    """Whether a result of CEL's type ``found`` may become such a value.

    A whole number may become a number. Where the type is known only when it runs, the value is judged then.
    """
    if found == "DYN":
        return True
    inner = re.fullmatch(r"(?:LIST<|MAP<(?:STRING|DYN), )(.*)>", found)
    if expected.kind in ("list", "map") and expected.item is not None:
        return bool(inner and found.startswith(expected.kind.upper()) and fits(inner[1], expected.item))
    wanted = type_name(expected)
    return found == wanted or (found, wanted) == ("INT", "DOUBLE")


def in_words(name: str) -> str:
    """Return what an operator calls a type that CEL names ``name``."""
    upper = name.upper()
    if upper.startswith(("LIST", "MAP")):
        return phrase("a list") if upper.startswith("LIST") else phrase("a map")
    return _WORDS.get(upper, name)
