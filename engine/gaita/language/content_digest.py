"""The canonical content of a workflow, and its digest: comments and layout do not matter, meaning does."""

import hashlib

import rfc8785

from gaita.language.shape import DocumentShape


def canonical(shape: DocumentShape) -> bytes:
    """Return the content as canonical JSON (RFC 8785), defaults left out.

    Tables are sorted by key, so the order in which states or fields are declared does not matter; lists
    (transitions, clauses, rungs) keep theirs, which does.
    """
    content = shape.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    return rfc8785.dumps(content)


def digest_of(shape: DocumentShape) -> str:
    """Return the SHA-256 of the canonical content, in hexadecimal."""
    return hashlib.sha256(canonical(shape)).hexdigest()
