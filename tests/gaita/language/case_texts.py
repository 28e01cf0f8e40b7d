"""Writes anew what is said of each case of ``test_faults.py``: read it in the difference, and commit it.

``.venv/bin/python -m tests.gaita.language.case_texts``
"""

import json

from tests.gaita.language.test_faults import CASES, TEXTS, texts_of


def main() -> None:
    """Write ``case_texts.toml``."""
    lines = ["# What is said of each case of test_faults.py, to the letter; case_texts.py writes it.\n"]
    for name, case in CASES.items():
        lines.append(f"\n{json.dumps(name)} = [\n")
        lines.extend(f"  {_quoted(text)},\n" for text in texts_of(case))
        lines.append("]\n")
    TEXTS.write_text("".join(lines), encoding="utf-8")


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False) if "'" in text or "\n" in text else f"'{text}'"


if __name__ == "__main__":
    main()
