"""The JSON Schema of a workflow's file, for editors: made from the same models that read it."""

from typing import Any

from gaita.language.shape import DocumentShape

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12).

    It knows shapes, types and names of keys. What goes beyond (names that refer to one another,
    expressions, amounts of time) only ``check`` finds.
    """
    schema = DocumentShape.model_json_schema(by_alias=True)
    return {"$schema": DIALECT, **schema, "title": "A Gaita workflow"}
