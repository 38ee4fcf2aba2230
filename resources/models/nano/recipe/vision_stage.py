# SPDX-License-Identifier: Apache-2.0
"""The vision tower before it meets the text: first what is in each patch, then the words for it.

`warm_up` teaches the tower to name shape, colour and letter per patch through three heads that are thrown away. `align` moves
every picture token to the embeddings of the words for what it shows (that of <|patch|> where nothing is), so that the
text layers read a picture with the circuits that copy words.
"""
import time

import torch
import torch.nn as nn
import torch.nn.functional as F

from data import Patches
from optimizer import Muon, schedule
from pictures import COLOUR_IDS, SHAPE_IDS

MOST_SECONDS = 4   # of one step that count: what a stopped process waits does not shorten its stage


def loop(run, params, muon, adam, batch, seed, minutes, steps, loss_of, name, text=True):
    """Runs until the minutes or steps are over; loss_of(batch) gives the loss and a dictionary to show."""
    data = torch.utils.data.DataLoader(Patches(run.c, max(1, batch // run.group.world), seed * run.group.world + run.group.rank, text), **run.loader)
    start = last = tick = time.time()
    base = [g["lr"] for g in adam.param_groups]
    n, active = 0, 0.0
    for x in data:
        now = time.time()
        active, tick = active + min(now - tick, MOST_SECONDS), now
        p = run.group.numbers([n / steps if steps else active / (60 * minutes)])[0] / run.group.world
        if p >= 1:
            break
        muon.scale = schedule(p, .04, .4)
        for g, lr in zip(adam.param_groups, base):
            g["lr"] = lr * muon.scale
        with torch.autocast(run.device.type, torch.bfloat16):
            loss, shown = loss_of([t.to(run.device) for t in x])
        loss.backward()
        run.group.gradients(params, 1 / run.group.world)
        muon.step()
        adam.step()
        for q in params:
            q.grad = None
        n += 1
        if time.time() - last > 20:
            last = time.time()
            run.say(f"{name} {100 * p:.0f}% step {n} loss {float(loss.detach()):.3f} {shown()} | {n * batch / (last - start):.0f} pictures/s, "
                    f"{active * (1 / max(p, 1e-3) - 1) / 60:.1f} min left")
    run.say(f"{name}: {n} steps, {time.time() - start:.0f} s, loss {float(loss.detach()):.3f} {shown()}")


def warm_up(run, model, preset, seed, minutes, steps):
    heads = nn.ModuleList([nn.Linear(run.c.v_hidden, n) for n in (Patches.SHAPES, Patches.COLOURS, Patches.LETTERS)]).to(run.device)
    named = [(n, p) for n, p in model.vision.named_parameters() if not n.startswith(("fc", "proj"))]
    inner = [p for n, p in named if n.startswith("layers") and p.dim() == 2]
    rest = [p for n, p in named if not (n.startswith("layers") and p.dim() == 2)] + list(heads.parameters())

    def loss_of(x):
        f = model.vision.features(x[0])
        said, right = [h(f).float().flatten(0, 1) for h in heads], [t.flatten() for t in x[1:]]

        def shown():
            parts = []
            for name, z, t in zip(("shape", "colour", "letter"), said, right):
                on = t > 0
                parts.append(f"{name} {float((z.argmax(-1) == t)[on].float().mean()):.3f}")
            return " ".join(parts)
        return sum(F.cross_entropy(z, t) for z, t in zip(said, right)), shown
    loop(run, inner + rest, Muon(inner, preset["lr"], run.group), torch.optim.AdamW(rest, preset["adam_lr"], betas=(.9, .98), weight_decay=0.0),
         preset["v_batch"], seed, minutes, steps, loss_of, "vision")


def align(run, model, chat, preset, seed, minutes, steps):
    E, c = model.embed.weight.detach(), run.c
    words = [torch.tensor([chat.patch] + [chat.text(" " + w)[0] for w in ids], device=run.device) for ids in (SHAPE_IDS, COLOUR_IDS)]
    params = list(model.vision.parameters())
    inner = [p for n, p in model.vision.named_parameters() if p.dim() == 2 and n not in ("pos", "patch.weight")]
    rest = [p for p in params if not any(p is q for q in inner)]
    k = c.tile // c.patch // 2

    def loss_of(x):
        tiles, shapes, colours, _ = x

        def cells(t):   # [B, patches] -> [B, tokens, 4]
            return t.view(-1, k, 2, k, 2).permute(0, 1, 3, 2, 4).reshape(len(t), k * k, 4)
        s, col = cells(shapes), cells(colours)
        at = (s > 0).float().argmax(-1, keepdim=True)
        s, col = s.gather(-1, at)[..., 0], col.gather(-1, at)[..., 0]
        on = (s > 0).float()
        target = torch.where(on[..., None] > 0, E[words[0][s]] + E[words[1][col]], E[chat.patch])
        d = (model.vision(tiles).float() - target).square().mean(-1)
        return ((d * on).sum() / on.sum().clamp(min=1) + .3 * (d * (1 - on)).sum() / (1 - on).sum()) / E.var(), lambda: ""
    loop(run, params, Muon(inner, preset["lr"], run.group), torch.optim.AdamW(rest, 1e-3, betas=(.9, .98), weight_decay=0.0),
         preset["v_batch"], seed + 991, minutes, steps, loss_of, "align", text=False)
