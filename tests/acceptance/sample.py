"""Which sabotages one run of the tests tries: those of the rows that the change touches, and a sample that rotates.

All of them take hours by now; `samdrift sabotage` runs them all. Here each change proves the checks it may have broken,
and chance none: the sample follows from the commit, so a red run can be repeated.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from samdrift.compliance.sabotage import Sabotage

ROOT = Path(__file__).resolve().parents[2]
SIZE = 6
_ID = re.compile(r"\b[A-Z]{3,4}-\d{2}\b")
_FILE = re.compile(r"\b(?:test_)?([a-z]{3,4})_(\d{2})\b")


def chosen(known: Sequence[Sabotage], *, touched: Iterable[str], seed: str, size: int = SIZE) -> tuple[Sabotage, ...]:
    """Return the sabotages of the touched requirements and `size` of the others, in the order known."""
    ids = set(touched)
    others = [one for one in known if one.requirement not in ids]
    sample = random.Random(seed).sample(others, min(size, len(others)))
    return tuple(one for one in known if one.requirement in ids or one in sample)


def touched_ids(files: Iterable[Path]) -> set[str]:
    """Return the requirements that these files are of: named in a check's or sabotage's file name, or in the text.

    A role says in its `__init__.py` which requirements it serves: a change of any of its files touches these.
    """
    found: set[str] = set()
    for file in files:
        if match := _FILE.search(file.stem):
            found.add(f"{match[1].upper()}-{match[2]}")
        role = file.relative_to(ROOT).parts[:2] if file.is_relative_to(ROOT) else ()
        texts = [file, ROOT / Path(*role) / "__init__.py"] if role[:1] == ("roles",) else [file]
        for text in texts:
            # The standard's own files name every row: there only the record that changed would count.
            if text.is_file() and text.suffix == ".py":
                found |= set(_ID.findall(text.read_text(errors="replace")))
    return found


def changed_files() -> list[Path]:
    """Return what differs from the main line's last landed state, or from the commit before where there is none."""
    for base in ("origin/main", "HEAD~1"):
        done = _git("diff", "--name-only", f"{base}...HEAD")
        if done is not None and done.strip():
            return [ROOT / line for line in done.splitlines()]
    return []


def commit() -> str:
    """Return the commit that is tested; outside a repository a fixed word."""
    return (_git("rev-parse", "HEAD") or "no commit").strip()


def _git(*words: str) -> str | None:
    done = subprocess.run(["git", "-C", str(ROOT), *words], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None
