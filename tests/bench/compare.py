#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Lectern beside llama.cpp on the same file: both in turn, in one run, with the machine's limits
measured between them, because a shared machine changes its speed within minutes and only ratios
taken side by side mean anything.

  compare.py --lectern build/release/bin/lectern-cli --llama-bench /usr/bin/llama-bench \\
             --op-bench build/release/bin/lectern_op_bench -m model.gguf [-m other.gguf] \\
             [--tests pp512,tg128,start] [--rounds 3] [-t 2] [--with-load] [--out results.jsonl]
  compare.py --table results.jsonl [more.jsonl]

Tests: ppN, tgN, each also @dDEPTH (behind DEPTH tokens) and +TYPE (of the KV cache), and "start":
the wall time of a process that loads the model and computes one token (warm file; --cold drops the
file from the page cache first). Both engines get the same threads and the same number of runs, an
unmeasured one before them. Peak memory is that of the whole process, as the kernel counts it.
--with-load keeps one core busy with another process meanwhile (both engines alike).
--lectern-args adds options to ours, e.g. "--weights mapped"; --label names them in the table.
Each result is a JSON line in --out, so that long comparisons can be made in pieces.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import statistics
import subprocess
import sys
import time

DEFAULT_TESTS = "pp512,pp2048,tg128,tg128@d4096,tg128+q8_0,tg128@d4096+q8_0,start"

# At least so many times llama.cpp's speed, by the type of most weights; None: no target.
TARGETS = {
    "pp": {"Q4_K": 2.4, "Q4_0": 2.4, "Q8_0": 4.2, "F16": 7.0},
    "tg": {"Q4_K": 1.1, "Q4_0": 1.1, "Q8_0": 1.3, "F16": 1.0},
    "tg@": {"Q4_K": 2.0, "Q4_0": 2.0, "Q8_0": 2.0, "F16": 2.0},
}


class Test:
    def __init__(self, text):
        found = re.fullmatch(r"(?:(pp|tg)(\d+)(?:@d(\d+))?|(start))(?:\+(\w+))?", text)
        if not found:
            sys.exit(f"compare.py: unknown test {text}")
        self.name = text
        self.kind = found[1] or "start"
        self.count = int(found[2] or 0)
        self.depth = int(found[3] or 0)
        self.kv = found[5] or "f16"

    def numbers(self):
        prompt = self.count if self.kind == "pp" else 0
        answer = self.count if self.kind == "tg" else 0
        return prompt, answer


def run(command):
    """Output, wall seconds, peak resident bytes and share of the CPU it got of a whole process."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    out, err = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - begin
    if status != 0:
        sys.exit(f"compare.py: {shlex.join(command)} failed:\n{err[-2000:]}")
    lines = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    return lines, wall, usage.ru_maxrss * 1024


def lectern(args, model, test):
    prompt, answer = test.numbers()
    command = [args.lectern, "bench", "-m", model, "-t", str(args.threads), "--kv", test.kv, "--json",
               "-p", str(prompt), "-n", str(answer), "-d", str(test.depth), "-r", str(args.repeats)]
    lines, wall, peak = run(command + shlex.split(args.lectern_args))
    samples = [wall] if test.kind == "start" else lines[0]["samples"]
    return {"samples": samples, "peak_rss_bytes": peak, "load_seconds": lines[0]["load_seconds"],
            "first_token_seconds": lines[0]["first_token_seconds"]}


def llama(args, model, test):
    prompt, answer = test.numbers()
    command = [args.llama_bench, "-m", model, "-t", str(args.threads), "-o", "jsonl"]
    if test.kind == "start":
        command += ["-p", "1", "-n", "0", "-r", "1", "--no-warmup"]
    else:
        command += ["-p", str(prompt), "-n", str(answer), "-d", str(test.depth), "-r", str(args.repeats)]
    if test.kv != "f16":
        command += ["-ctk", test.kv, "-ctv", test.kv]
    lines, wall, peak = run(command + shlex.split(args.llama_args))
    return {"samples": [wall] if test.kind == "start" else lines[0]["samples_ts"], "peak_rss_bytes": peak}


def limits(args, peaks):
    command = [args.op_bench, "--limits", "--json", "-t", str(args.threads)]
    lines, _, _ = run(command if peaks else command + ["--read"])
    return {line["limit"]: line["median"] for line in lines}


@contextlib.contextmanager
def busy_core(wanted):
    """Another process that wants the first core all the time."""
    if not wanted:
        yield
        return
    core = min(os.sched_getaffinity(0))
    loop = f"import os\nos.sched_setaffinity(0, {{{core}}})\nwhile True:\n    pass"
    process = subprocess.Popen([sys.executable, "-c", loop])
    try:
        time.sleep(0.3)
        yield
    finally:
        process.kill()
        process.wait()


def forget(model):
    """Drops the file's pages from the page cache, as far as nothing else maps them."""
    with open(model, "rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def warm(model):
    with open(model, "rb", buffering=0) as file:
        while file.read(1 << 24):
            pass


def compare(args, model, test):
    about, _, _ = run([args.lectern, "model", "info", "--json", model])
    sides = {"lectern": [], "llama.cpp": []}
    measured = []
    for _ in range(args.rounds):
        for name, engine in (("lectern", lectern), ("llama.cpp", llama)):
            if name == "llama.cpp" and not args.llama_bench:
                continue
            if args.cold:
                forget(model)
            elif test.kind == "start":
                warm(model)
            with busy_core(args.with_load):
                sides[name].append(engine(args, model, test))
        if args.op_bench:
            measured.append(limits(args, peaks=test.kind == "pp"))
    result = {
        "model": os.path.basename(model), "file_bytes": os.path.getsize(model), "types": about[0]["types"],
        "token_bytes": about[0].get("token_bytes", 0), "token_flops": about[0].get("token_flops", 0),
        "test": test.name, "threads": args.threads,
        "label": args.label or args.lectern_args, "loaded": args.with_load, "cold": args.cold,
        "limits": {key: statistics.median(m[key] for m in measured) for key in (measured[0] if measured else {})},
    }
    for name, runs in sides.items():
        if not runs:
            continue
        samples = [s for one in runs for s in one["samples"]]
        result[name] = {"median": statistics.median(samples), "min": min(samples), "max": max(samples),
                        "samples": samples, "peak_rss_bytes": max(one["peak_rss_bytes"] for one in runs)}
    ours = sides["lectern"]
    for key in ("load_seconds", "first_token_seconds"):
        result["lectern"][key] = statistics.median(one[key] for one in ours)
    return result


def weight_type(result):
    for name in ("Q4_K", "Q4_0", "Q8_0", "BF16", "F16"):
        if result["types"].startswith(name):
            return "F16" if name == "BF16" else name
    return ""


def target(result):
    test = Test(result["test"])
    if test.kind == "start":
        return None
    family = TARGETS["tg@" if test.kind == "tg" and test.depth > 0 else test.kind]
    return family.get(weight_type(result))


def fraction_of_limit(result):
    """Decode: of the read bandwidth; prefill: of the arithmetic peak of the type."""
    test = Test(result["test"])
    speed = result["lectern"]["median"]
    if test.kind == "tg" and result["limits"].get("read"):
        return f"{speed * result['token_bytes'] / 1e9 / result['limits']['read']:4.0%} read"
    unit = "bf16" if weight_type(result) == "F16" else "int8"
    peak = f"{unit}-tile" if f"{unit}-tile" in result["limits"] else f"{unit}-dot"
    if test.kind == "pp" and result["limits"].get(peak):
        return f"{speed * result['token_flops'] / 1e9 / result['limits'][peak]:4.0%} {peak}"
    return ""


def print_table(results):
    print(f"{'model':<22} {'test':<19} {'lectern':>9} {'llama.cpp':>10} {'ratio':>6} {'target':>7}  "
          f"{'of limit':<14} {'read':>5}  {'peak MiB':>14} {'of file':>8}  notes")
    for result in results:
        ours, theirs = result["lectern"], result.get("llama.cpp")
        test = Test(result["test"])
        seconds = test.kind == "start"
        number = (lambda value: f"{value:.2f} s") if seconds else (lambda value: f"{value:.1f}")
        ratio = ours["median"] / theirs["median"] if theirs else None
        wanted = target(result)
        verdict = ""
        if seconds and ratio:
            verdict = "<1" if ratio < 1 else "<1 !"
        elif wanted and ratio:
            verdict = f"{wanted:g}" + ("" if ratio >= wanted else " !")
        notes = [result["label"]] if result["label"] else []
        notes += ["one core busy"] if result["loaded"] else []
        notes += ["cold file"] if result["cold"] else []
        if seconds:
            notes.append(f"in process: load {ours['load_seconds']:.2f} s, first token {ours['first_token_seconds']:.2f} s")
        memory = f"{ours['peak_rss_bytes'] >> 20}/{theirs['peak_rss_bytes'] >> 20 if theirs else '-'}"
        print(f"{result['model']:<22} {result['test']:<19} {number(ours['median']):>9} "
              f"{number(theirs['median']) if theirs else '-':>10} {f'{ratio:.2f}' if ratio else '-':>6} {verdict:>7}  "
              f"{fraction_of_limit(result):<14} {result['limits'].get('read', 0):>5.1f}  {memory:>14} "
              f"{ours['peak_rss_bytes'] / result['file_bytes']:>8.0%}  {', '.join(notes)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lectern", help="our lectern-cli")
    parser.add_argument("--llama-bench", help="llama.cpp's llama-bench; without it ours alone is timed")
    parser.add_argument("--op-bench", help="our lectern_op_bench, for the machine's limits")
    parser.add_argument("-m", "--model", action="append", default=[], help="GGUF file")
    parser.add_argument("--tests", default=DEFAULT_TESTS)
    parser.add_argument("-t", "--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--rounds", type=int, default=3, help="times both engines take turns")
    parser.add_argument("--repeats", type=int, default=1, help="measured runs in a turn")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--with-load", action="store_true")
    parser.add_argument("--lectern-args", default="")
    parser.add_argument("--llama-args", default="")
    parser.add_argument("--label", default="")
    parser.add_argument("--out", help="JSON lines are appended here")
    parser.add_argument("--table", nargs="+", metavar="JSONL", help="print what was measured before")
    args = parser.parse_args()
    if args.table:
        lines = [line for name in args.table for line in open(name, encoding="utf-8")]
        print_table([json.loads(line) for line in lines if line.strip()])
        return
    if not args.lectern or not args.model:
        parser.error("--lectern and -m are needed, or --table")
    results = []
    for model in args.model:
        for test in map(Test, args.tests.split(",")):
            results.append(compare(args, model, test))
            if args.out:
                with open(args.out, "a", encoding="utf-8") as out:
                    out.write(json.dumps(results[-1]) + "\n")
    print_table(results)


if __name__ == "__main__":
    main()
