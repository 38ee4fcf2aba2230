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
import tokenizer as tk
import vision_stage
from data import Steps, collate
from dialogues import TASKS, Generator
from model import Config, Llama4, rounded
from optimizer import Group, Muon, schedule, split

# tokens: of a batch; micro: batches a step, all processes together; v_share: of the time for warm-up and again for alignment; limit: longest
# conversation; span: tokens after which the curriculum is through; world: processes on a CPU, with one thread each.
PRESETS = {
    "cpu": dict(c=Config(), tokens=1536, micro=2, lr=.01, adam_lr=2e-3, v_batch=64, v_share=.04, workers=1, limit=1537, span=4e6, world=2, multi_tile=0.0),
    "h200": dict(c=Config(vocab=8192, hidden=512, layers=12, heads=8, kv_heads=2, ffn=512, experts=8, v_hidden=256, v_layers=6, v_heads=8, v_proj=512),
                 tokens=27648, micro=4, lr=.01, adam_lr=2e-3, v_batch=512, v_share=.05, workers=14, limit=4600, span=4e8, world=1, multi_tile=.2),
    "smoke": dict(c=Config(vocab=1024, hidden=96, layers=4, heads=2, kv_heads=1, head_dim=32, ffn=64, v_hidden=64, v_layers=2, v_heads=2, v_proj=64),
                  tokens=1536, micro=2, lr=.02, adam_lr=3e-3, v_batch=16, v_share=.2, workers=0, limit=600, span=1e5, world=1, multi_tile=.3),
}
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


def make_tokenizer(path, vocab):
    """Byte-level BPE over the text of 8,000 training conversations, pictures left out, and the names by themselves."""
    g = Generator("train", 4242)
    for kind in ("image", "shapeless", "two_images", "video", "shapeless_video"):
        g.mix[kind] = 0
    texts = ["".join(p for _, parts in g.sample()[0] for p in parts) for _ in range(8000)]
    eyes = Generator("train", 4243, 28)
    texts += ["".join(p for _, parts in getattr(eyes, kind)()[0] for p in parts if isinstance(p, str))
              for kind in ("image", "video", "shapeless", "two_images") for _ in range(150)]
    texts += [" ".join(f() for f in (g.names.person, g.names.city, g.names.firm, g.names.word)) for _ in range(4000)]
    tk.train_tokenizer(texts, vocab).save(str(path))


@torch.no_grad()
def exact(model, chat, split_name, n, seed, device, tasks=None, amp=False, size=12):
    """Share of conversations whose last answer is right to the last token, and how often each expert was used.

    Measured by giving the right answer and looking whether each token is the likeliest: the same as greedy decoding,
    since the first wrong token ends both.
    """
    model.eval()
    right, usage = {}, {}
    for at, (name, make) in enumerate(TASKS.items()):
        if tasks and name not in tasks:
            continue
        g = Generator(split_name, seed * 131 + at, model.c.tile, size=size)
        made = []
        for _ in range(n):
            ids, mask, tiles = chat.encode(make(g)[0])
            last = max(i for i, m in enumerate(mask) if not m)   # of several answers only the last counts
            made.append((ids, [int(m and i > last) for i, m in enumerate(mask)], tiles))
        made.sort(key=lambda s: len(s[0]))
        good, use = 0, torch.zeros(model.c.layers, model.c.experts)
        step = 16 if len(made[-1][0]) < 700 else 2
        for k in range(0, n, step):
            ids, target, weight, tiles = (x.to(device) for x in collate(made[k:k + step], chat.pad))
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=amp):
                h = model.hidden_states(ids, tiles, chat.patch, chat.pad)
                at_answer = weight > 0
                said = model.head(h[at_answer]).argmax(-1)
            ok = torch.ones_like(target, dtype=torch.bool)
            ok[at_answer] = said == target[at_answer]
            good += int(ok.all(-1).sum())
            for i, layer in enumerate(model.layers):
                use[i] += layer.moe.usage.sum(0).cpu()
        right[name] = good / n
        usage[name] = (use / use.sum(1, keepdim=True)).tolist()
    model.train()
    return right, usage


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
        progress[0] = min(1.0, s["tokens"] / preset["span"])
        data = Steps(run.out / "tokenizer.json", run.c, preset["tokens"], max(1, preset["micro"] // g.world),
                     (a.seed + 17 + s["step"]) * g.world + g.rank, progress, preset["limit"], preset["multi_tile"])
        start = last = saved = measured = time.time()
        from_progress, from_tokens, from_step, mean, done = s["progress"], s["tokens"], s["step"], None, False
        for batches in torch.utils.data.DataLoader(data, **run.loader):
            now = time.time()
            p = s["step"] / a.steps if a.steps else from_progress + (1 - from_progress) * (now - start) / (60 * minutes)
            p, tokens = g.numbers([p / g.world, sum(int((b[0] != self.chat.pad).sum()) for b in batches)])
            if p >= 1:
                done = True
                break
            s["progress"], progress[0] = p, min(1.0, s["tokens"] / preset["span"])
            loss = self.step(batches, p)
            s["step"] += 1
            s["tokens"] += int(tokens)
            mean = loss if mean is None else .96 * mean + .04 * loss
            now = time.time()
            if now - last > 30 or s["step"] == from_step + 2:
                last = now
                rate = (s["tokens"] - from_tokens) / (now - start)
                left = (a.steps - s["step"]) * (now - start) / (s["step"] - from_step) / 60 if a.steps else minutes - (now - start) / 60
                run.say(f"step {s['step']} {100 * p:.1f}% loss {mean:.4f} balance {float(self.model.aux().detach()):.3f} | {s['tokens'] / 1e6:.2f} M tokens, "
                        f"{rate:.0f} tok/s, {left:.1f} min left")
            if now - saved > CHECKPOINT_SECONDS:
                saved = now
                self.save()
            if a.eval_every and now - measured > 60 * a.eval_every:   # the other processes wait at their next sum
                measured = now
                if g.rank == 0:
                    e, _ = exact(self.model, self.chat, "value", 16, 5, run.device, amp=True, size=8)
                    run.say("held-out values: " + json.dumps({k: round(v, 2) for k, v in e.items()}))
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--workers", type=int, default=-1, help="processes that make data, for each training process")
    parser.add_argument("--world", type=int, default=0, help="training processes on the CPU, instead of the preset's")
    parser.add_argument("--rank", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--only-vision", action="store_true", help="stop before the last stage")
    parser.add_argument("--eval-every", type=float, default=0, help="minutes between small measurements; 0: none")
    a = parser.parse_args()
    preset = PRESETS[a.preset] | {"name": a.preset}
    a.world = a.world or (preset["world"] if a.device == "cpu" else 1)
    begun = time.time()
    torch.manual_seed(a.seed)
    random.seed(a.seed)
    if a.device == "cpu":
        torch.set_num_threads(1 if a.world > 1 else os.cpu_count())
    else:
        torch.set_float32_matmul_precision("high")
    run = Run(a, preset)
    path = run.out / "tokenizer.json"
    if not a.rank and not path.exists():
        make_tokenizer(path, run.c.vocab)
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
            f"{a.world} processes of {torch.get_num_threads()} threads")
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
