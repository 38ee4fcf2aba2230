#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Trains Lectern's built-in model from nothing but what this recipe makes itself.

  train.py --preset cpu --minutes 85 --out OUT             train; OUT/checkpoint.pt is written every few minutes
  train.py --preset cpu --minutes 60 --out OUT --resume    go on with an interrupted run, 60 minutes from now
  train.py --preset h200 --device cuda --minutes 25 --out OUT

Stages: tokenizer, vision warm-up, alignment of picture tokens with words (vision_stage.py), then all together on
conversations with the loss on the answers. With --minutes the schedule follows the clock; with --steps and
--vision-steps it follows steps, and a run repeats itself exactly on one machine (one process, --workers 0).
"""
import argparse
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import circuits
import curriculum
import tokenizer as tk
import vision_stage
from data import Steps
from dialogues import Generator
from measuring import exact
from model import Llama4, rounded
from optimizer import Group, Muon, schedule, split
from presets import PRESETS
from printing import fonts

CHECKPOINT_SECONDS = 240


class Run:
    """What the stages share."""

    def __init__(self, a, preset):
        self.c, self.out, self.device = preset["c"], Path(a.out), torch.device(a.device)
        self.out.mkdir(parents=True, exist_ok=True)
        self.group = Group(a.rank, a.world)
        self.workers = a.workers if a.workers >= 0 else preset["workers"]
        self.loader = dict(batch_size=None, num_workers=self.workers)
        if self.workers:
            self.loader |= dict(prefetch_factor=4, persistent_workers=True)
        self.log = open(self.out / "train.log", "a") if not a.rank else None

    def say(self, text):
        if self.log:
            line = f"{time.strftime('%H:%M:%S')} {text}"
            print(line, flush=True)
            self.log.write(line + "\n")
            self.log.flush()


def make_tokenizer(path, vocab, count):
    """Byte-level BPE over the text of `count` training conversations in the last phase's languages, few of them with pictures, and names by themselves."""
    g = Generator("train", 4242, 28)
    g.enter(1, 4000)
    g.size = 12
    seen = ("image", "shapeless", "two_images", "printed", "chart", "screenshot", "video", "shapeless_video")
    text, eyes = ({k: v for k, v in g.tasks.items() if (k in seen) == pictures and k != "long"} for pictures in (False, True))
    texts = []
    for g.tasks, n in ((text, count - count // 12), (eyes, count // 12)):
        texts += ["".join(p for _, parts in g.sample() for p in parts if isinstance(p, str)) for _ in range(n)]
    texts += [" ".join(f() for f in (g.names.person, g.names.city, g.names.firm, g.names.word)) for _ in range(count // 3)]
    tk.train_tokenizer(texts, vocab).save(str(path))


class Joint:
    """The last stage: everything learns from conversations."""

    def __init__(self, run, model, chat, preset, state):
        self.run, self.model, self.chat, self.preset, self.state = run, model, chat, preset, state
        inner, self.rest = split(model)
        self.muon = Muon(inner, preset["lr"], run.group)
        self.adam = torch.optim.AdamW(self.rest, lr=preset["adam_lr"], betas=(.9, .97), eps=1e-9, weight_decay=0.0)
        self.params = list(model.parameters())

    def step(self, batches, p):
        """One step at progress p; returns the mean loss of the answers' tokens."""
        m, g, dev = self.model, self.run.group, self.run.device
        total = g.numbers([sum(float(b[2].sum()) for b in batches)])[0]
        self.muon.scale = schedule(p)
        for group in self.adam.param_groups:
            group["lr"] = self.preset["adam_lr"] * self.muon.scale
        loss = torch.zeros((), device=dev)
        for batch in batches:
            ids, target, weight, tiles = (t.to(dev, non_blocking=True) for t in batch)
            with torch.autocast(dev.type, torch.bfloat16):
                h = m.hidden_states(ids, tiles, self.chat.patch, self.chat.pad)
                on = (weight.view(-1) > 0).nonzero()[:, 0]
                z = m.head(rounded(h.reshape(-1, h.shape[-1])[on]))[:len(on)]
            ce = (F.cross_entropy(z.float(), target.view(-1)[on], reduction="none") * weight.view(-1)[on]).sum() / total
            (ce + .01 * m.aux() / len(batches) / g.world).backward()
            loss += ce.detach()
        g.gradients(self.params)
        torch.nn.utils.clip_grad_norm_(self.rest, 1.0)
        self.muon.step()
        self.adam.step()
        for q in self.params:
            q.grad = None
        return float(loss) * g.world

    def train(self, a, minutes):
        run, s, preset, g = self.run, self.state, self.preset, self.run.group
        progress = torch.zeros(1).share_memory_()
        data = Steps(run.out / "tokenizer.json", run.c, preset, max(1, preset["micro"] // g.world), (a.seed + 17 + s["step"]) * g.world + g.rank, progress)

        def follow():   # how far the curriculum is
            progress[0] = min(1.0, s["tokens"] / preset["span"] if preset["span"] else s["progress"])
        follow()
        start = last = saved = measured = time.time()
        from_progress, from_tokens, from_step, mean, done = s["progress"], s["tokens"], s["step"], None, False
        for batches in torch.utils.data.DataLoader(data, **run.loader):
            now = time.time()
            p = s["step"] / a.steps if a.steps else from_progress + (1 - from_progress) * (now - start) / (60 * minutes)
            p, tokens = g.numbers([p / g.world, sum(int((b[0] != self.chat.pad).sum()) for b in batches)])
            if p >= 1:
                done = True
                break
            s["progress"] = p
            follow()
            loss = self.step(batches, p)
            s["step"] += 1
            s["tokens"] += int(tokens)
            mean = loss if mean is None else .96 * mean + .04 * loss
            now = time.time()
            if now - last > 30 or s["step"] == from_step + 2:
                last = now
                rate = (s["tokens"] - from_tokens) / (now - start)
                left = (a.steps - s["step"]) * (now - start) / (s["step"] - from_step) / 60 if a.steps else minutes - (now - start) / 60
                run.say(f"step {s['step']} {100 * p:.1f}% phase {1 + curriculum.phase(float(progress))} of {len(curriculum.STARTS)} loss {mean:.4f} balance {float(self.model.aux().detach()):.3f} | {s['tokens'] / 1e6:.2f} M tokens, "
                        f"{rate:.0f} tok/s, {left:.1f} min left")
            if now - saved > CHECKPOINT_SECONDS:
                saved = now
                self.save()
            if a.eval_every and now - measured > 60 * a.eval_every:   # the other processes wait at their next sum
                measured = now
                if g.rank == 0:
                    e, _ = exact(self.model, self.chat, "value", 16, 5, run.device, amp=True, size=8, tiles=preset["tiles"])
                    run.say("held-out values: " + json.dumps({k: round(sum(v) / len(v), 2) for k, v in e.items()}))
        s["done"] = done
        self.save()
        run.say(f"done: {s['step']} steps, {s['tokens'] / 1e6:.2f} M tokens")

    def save(self):
        if self.run.group.rank:
            return
        path = self.run.out / "checkpoint.pt"
        torch.save(dict(model=self.model.state_dict(), muon=self.muon.state(), adam=self.adam.state_dict(), state=self.state,
                        config=self.run.c.dict(), preset=self.preset["name"]), str(path) + ".new")
        os.replace(str(path) + ".new", path)

    def load(self):
        d = torch.load(self.run.out / "checkpoint.pt", map_location=self.run.device, weights_only=True)
        self.model.load_state_dict(d["model"])
        self.state.update(d["state"])
        self.muon.load(d["muon"])
        self.adam.load_state_dict(d["adam"])
        self.run.say(f"resumed at step {self.state['step']}, {100 * self.state['progress']:.1f}%")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cpu", choices=PRESETS)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=60, help="from now on, all stages together")
    parser.add_argument("--steps", type=int, default=0, help="steps of the last stage instead of minutes")
    parser.add_argument("--vision-steps", type=int, default=0, help="steps of each vision stage, with --steps")
    parser.add_argument("--span", type=float, default=0, help="tokens after which the curriculum is through, instead of the clock")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--workers", type=int, default=-1, help="processes that make data, for each training process")
    parser.add_argument("--world", type=int, default=0, help="training processes on the CPU, instead of the preset's")
    parser.add_argument("--threads", type=int, default=0, help="of each training process on the CPU; else one, or all cores where there is one process")
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--only-vision", action="store_true", help="stop before the last stage")
    parser.add_argument("--eval-every", type=float, default=0, help="minutes between small measurements; 0: none")
    a = parser.parse_args()
    preset = PRESETS[a.preset] | {"name": a.preset} | ({"span": a.span} if a.span else {})
    a.world = a.world or (preset["world"] if a.device == "cpu" else 1)
    begun = time.time()
    torch.manual_seed(a.seed)
    random.seed(a.seed)
    if a.device == "cpu":
        torch.set_num_threads(a.threads or (1 if a.world > 1 else os.cpu_count()))
    else:
        torch.set_float32_matmul_precision("high")
    run = Run(a, preset)
    path = run.out / "tokenizer.json"
    if not a.rank and not path.exists():
        make_tokenizer(path, run.c.vocab, preset["texts"])
        run.say(f"tokenizer: {run.c.vocab} tokens, {time.time() - begun:.0f} s")
    children = []
    if a.world > 1:
        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        meeting = run.out.resolve() / "rendezvous"
        if not a.rank:
            meeting.unlink(missing_ok=True)
            children = [subprocess.Popen([sys.executable, *sys.argv, "--rank", str(r)]) for r in range(1, a.world)]
        torch.distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=a.rank, world_size=a.world)
    chat = tk.Chat(tk.load(path), run.c.tile_tokens)
    model = Llama4(run.c)
    circuits.plant(model)
    model.to(run.device)
    count = sum(p.numel() for p in model.parameters())
    idle = run.c.layers * (run.c.experts - 1) * 3 * run.c.ffn * run.c.hidden
    run.say(f"{a.preset}: {count / 1e6:.2f} M parameters, {(count - idle) / 1e6:.2f} M active, vision {sum(p.numel() for p in model.vision.parameters()) / 1e6:.2f} M, "
            f"{a.world} processes of {torch.get_num_threads()} threads, {len(fonts())} fonts")
    joint = Joint(run, model, chat, preset, dict(step=0, tokens=0, progress=0.0, vision=0, done=False))
    if a.resume and (run.out / "checkpoint.pt").exists():
        joint.load()
    for stage, call in enumerate((lambda *x: vision_stage.warm_up(run, model, preset, *x),
                                  lambda *x: vision_stage.align(run, model, chat, preset, *x))):
        if joint.state["vision"] == stage:
            call(a.seed, a.minutes * preset["v_share"], a.vision_steps if a.steps else 0)
            joint.state["vision"] = stage + 1
            joint.save()
    if not a.only_vision:
        joint.train(a, a.minutes - (time.time() - begun) / 60)
    for child in children:
        child.wait()


if __name__ == "__main__":
    main()
