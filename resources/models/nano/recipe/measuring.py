# SPDX-License-Identifier: Apache-2.0
"""How many answers are right, and which experts give them."""
import torch

from data import collate
from dialogues import TASKS, Generator

LONG = 700     # tokens from which conversations go through in twos


@torch.no_grad()
def exact(model, chat, split, n, seed, device, tasks=None, lang="en", amp=False, size=12, tiles=1):
    """({task: whether the last answer of each conversation is right to the last token}, {task: share of tokens of each expert, by layer}).

    Measured by giving the right answer and looking whether each token is the likeliest: the same as greedy decoding,
    since the first wrong token ends both.
    """
    model.eval()
    right, usage = {}, {}
    for at, (name, make) in enumerate(TASKS.items()):
        if tasks and name not in tasks:
            continue
        g = Generator(split, seed * 131 + at, model.c.tile, lang, tiles, size=size)
        made = []
        while len(made) < n:
            ids, mask, px = chat.encode(make(g))
            if len(ids) > model.c.context:
                continue
            last = max(i for i, m in enumerate(mask) if not m)   # of several answers only the last counts
            made.append((ids, [int(m and i > last) for i, m in enumerate(mask)], px))
        made.sort(key=lambda s: len(s[0]))
        good, use = [], torch.zeros(model.c.layers, model.c.experts)
        step = 16 if len(made[-1][0]) < LONG else 2
        for k in range(0, n, step):
            ids, target, weight, px = (x.to(device) for x in collate(made[k:k + step], chat.pad))
            with torch.autocast(torch.device(device).type, torch.bfloat16, enabled=amp):
                h = model.hidden_states(ids, px, chat.patch, chat.pad)
                at_answer = weight > 0
                said = model.head(h[at_answer]).argmax(-1)
            ok = torch.ones_like(target, dtype=torch.bool)
            ok[at_answer] = said == target[at_answer]
            good += ok.all(-1).tolist()
            for i, layer in enumerate(model.layers):
                use[i] += layer.moe.usage.sum(0).cpu()
        right[name] = good
        usage[name] = (use / use.sum(1, keepdim=True)).tolist()
    model.train()
    return right, usage
