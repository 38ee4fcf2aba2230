#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the source tree itself, each a test: `check.py NAME [BUILD_DIR]`.

rooms         no room includes what it must not know; every file opens with its licence line; none over 800 lines
architecture  every path ARCHITECTURE.md and README.md name exists
format        clang-format has nothing to change
tidy          clang-tidy has nothing to say, its slow path analyzer left out; a file whose inputs did not change
              since it passed is not run again; files in tidy_waiting.txt have not been looked at yet
analyze       the same with the path analyzer; not in the test suite because it takes twice as long
"""
import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ["app", "ui", "inference", "media", "storage"]
# What a room's own files must not include. Tests may include what the room under test may.
FORBIDDEN = {
    "inference": [r'"(media|storage|ui|app)/', r"<Q[A-Z]", r"<(sqlite3|libav|opencv2)"],
    "media": [r'"(inference|storage|ui|app)/', r"<sqlite3"],
    "storage": [r'"(inference|media|ui|app)/', r"<Q[A-Z]"],
    "ui": [r'"(inference|media|storage|app)/', r"<sqlite3"],
    "app": [],
}


def sources(*suffixes, rooms=(*ROOMS, "tests")):
    files = []
    for room in rooms:
        for path in sorted((ROOT / room).rglob("*")):
            if path.suffix in suffixes and "golden" not in path.parts and "corpus" not in path.parts:
                files.append(path)
    return files


def check_rooms(_build):
    bad = []
    for path in sources(".h", ".cpp", ".cu", ".qml"):
        lines = path.read_text(encoding="utf-8").splitlines()
        name = path.relative_to(ROOT)
        if not lines or "SPDX-License-Identifier: Apache-2.0" not in lines[0]:
            bad.append(f"{name}: does not open with its licence line")
        if len(lines) > (400 if path.suffix == ".qml" else 800):
            bad.append(f"{name}: {len(lines)} lines")
        for number, line in enumerate(lines, 1):
            include = re.match(r"\s*#\s*include\s+(.*)", line)
            if include:
                for pattern in FORBIDDEN.get(name.parts[0], []):
                    if re.match(pattern, include[1]):
                        bad.append(f"{name}:{number}: {name.parts[0]}/ must not know {include[1]}")
    return bad


def check_architecture(_build):
    bad = []
    for document in ("ARCHITECTURE.md", "README.md"):
        text = (ROOT / document).read_text(encoding="utf-8")
        # Paths are written as code: `inference/gguf.cpp`, `storage/`, `tests/golden/README.md`.
        paths = re.findall(r"`([\w.-]+/[\w./-]*|\./\w+)`", text) + re.findall(r"\]\(([\w./-]+)\)", text)
        for path in paths:
            if path.startswith("build/"):
                continue
            if not (ROOT / path).exists():
                bad.append(f"{document}: {path} does not exist")
        if not paths:
            bad.append(f"{document}: names no path at all")
    return bad


def check_format(_build):
    files = [str(path) for path in sources(".h", ".cpp", ".cu")]
    run = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], capture_output=True, text=True)
    return [] if run.returncode == 0 else [run.stderr[-8000:] or "clang-format failed"]


def check_analyze(build):
    return check_tidy(build, analyzer=True)


def check_tidy(build, analyzer=False):
    database = Path(build) / "compile_commands.json"
    if not database.exists():
        return [f"{database} is missing: configure the build first"]
    headers = hashlib.sha256()
    for path in [*sources(".h"), ROOT / ".clang-tidy", database]:
        headers.update(path.read_bytes())
    passed = Path(build) / ("analyze-passed" if analyzer else "tidy-passed")
    passed.mkdir(exist_ok=True)
    known = database.read_text()
    waiting = set((ROOT / "tests/checks/tidy_waiting.txt").read_text().splitlines())
    files = [path for path in sources(".cpp", rooms=ROOMS)
             if str(path) in known and str(path.relative_to(ROOT)) not in waiting]

    def run(path):
        stamp = passed / hashlib.sha256(headers.digest() + path.read_bytes()).hexdigest()
        if stamp.exists():
            return None
        command = ["clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(build), str(path)]
        # The analyzer takes every QObject::connect for a leak.
        if not analyzer or path.relative_to(ROOT).parts[0] in ("app", "ui"):
            command.append("--checks=-clang-analyzer-*")
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode == 0:
            stamp.touch()
            return None
        return f"{path.relative_to(ROOT)}:\n{result.stdout[-4000:]}{result.stderr[-400:] if not result.stdout else ''}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [failure for failure in pool.map(run, files) if failure]


def main():
    name = sys.argv[1]
    failures = globals()[f"check_{name}"](sys.argv[2] if len(sys.argv) > 2 else "")
    for failure in failures:
        print(failure)
    print(f"{name}: {len(failures)} found" if failures else f"{name}: ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
