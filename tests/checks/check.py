#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks of the source tree itself, each a test: `check.py NAME [BUILD_DIR]`.

rooms         no room includes what it must not know; every file opens with its licence line; none over 800 lines
architecture  every path ARCHITECTURE.md and README.md name exists
format        clang-format has nothing to change
tidy          clang-tidy has nothing to say, its slow path analyzer left out. It takes seconds a file, so
              tidy_passed.txt keeps what it has passed: a file is looked at again when it, a header of the project
              that it includes, or .clang-tidy has changed since. `check.py tidy BUILD_DIR --record` renews the list
analyze       the same with the path analyzer; not in the test suite because it takes twice as long
"""
import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parents[2]
TIDY_PASSED = ROOT / "tests/checks/tidy_passed.txt"
# clang 14 cannot compile a header of qpdf as C++20 (a vector of a class that is not complete yet).
NOT_FOR_CLANG = ["media/pdf_notes.cpp"]
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
    return run_tidy(build, analyzer=True)


def check_tidy(build):
    return run_tidy(build, analyzer=False)


def project_includes(path, known):
    """The path and every file of the project that it includes, however deep."""
    if path not in known:
        known.add(path)
        for name in re.findall(r'^\s*#\s*include\s+"([^"]+)"', path.read_text(encoding="utf-8"), re.MULTILINE):
            for candidate in (ROOT / name, path.parent / name):
                if candidate.exists():
                    project_includes(candidate.resolve(), known)
                    break
    return known


def fingerprint(path, configuration):
    """What clang-tidy saw of the project when it looked at this file."""
    digest = hashlib.sha256(configuration)
    for included in sorted(project_includes(path, set())):
        digest.update(included.read_bytes())
    return digest.hexdigest()[:16]


def run_tidy(build, analyzer):
    configuration = (ROOT / ".clang-tidy").read_bytes()
    recorded = {} if analyzer else dict(line.split() for line in TIDY_PASSED.read_text().splitlines())
    marks = {path: fingerprint(path, configuration) for path in sources(".cpp", rooms=ROOMS)
             if str(path.relative_to(ROOT)) not in NOT_FOR_CLANG}
    passed = {name: mark for name, mark in ((str(path.relative_to(ROOT)), mark) for path, mark in marks.items())
              if recorded.get(name) == mark}
    open_marks = {path: mark for path, mark in marks.items() if str(path.relative_to(ROOT)) not in passed}
    lock = Lock()

    def record():
        if "--record" in sys.argv and not analyzer:
            TIDY_PASSED.write_text("".join(f"{name} {mark}\n" for name, mark in sorted(passed.items())))

    # Each file by itself, and without what g++ has precompiled.
    alone = Path(build) / "tidy"
    if open_marks:
        configured = subprocess.run(["cmake", "-S", str(ROOT), "-B", str(alone), "-G", "Ninja", "-DCMAKE_UNITY_BUILD=OFF",
                                     "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON"], capture_output=True, text=True)
        if configured.returncode != 0:
            return [configured.stderr[-4000:]]
        compiled = (alone / "compile_commands.json").read_text()

    def run(path):
        name = str(path.relative_to(ROOT))
        if str(path) not in compiled:
            return None  # not built on this machine
        command = ["clang-tidy", "--quiet", "--extra-arg=-Wno-unknown-warning-option", "-p", str(alone), str(path)]
        # The analyzer takes every QObject::connect for a leak.
        if not analyzer or path.relative_to(ROOT).parts[0] in ("app", "ui"):
            command.append("--checks=-clang-analyzer-*")
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            return f"{name}:\n{result.stdout[-4000:]}{result.stderr[-400:] if not result.stdout else ''}"
        with lock:  # at once, so that little is lost when it is interrupted
            passed[name] = open_marks[path]
            record()
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [failure for failure in pool.map(run, open_marks) if failure]
    record()
    return failures


def main():
    name = sys.argv[1]
    failures = globals()[f"check_{name}"](sys.argv[2] if len(sys.argv) > 2 else "")
    for failure in failures:
        print(failure)
    print(f"{name}: {len(failures)} found" if failures else f"{name}: ok")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
