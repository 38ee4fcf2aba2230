# SPDX-License-Identifier: Apache-2.0
"""Muon for the matrices inside the network, AdamW for the rest, over one or several processes.

Muon (Jordan and others, 2024): momentum, then the nearest orthogonal matrix by Newton-Schulz steps. Parameters of one
shape go through it together; of several processes each takes its share of the shapes.
"""
import torch


@torch.no_grad()
def orthogonalise(g, steps=5):
    """g [N, r, c] with r <= c -> the same shape with singular values near 1."""
    x = g.bfloat16()
    x = x / (x.float().norm(dim=(-2, -1), keepdim=True).to(x.dtype) + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * (a @ a)) @ x
    return x.float()


class Muon:
    def __init__(self, params, lr, group, momentum=.95, decay=.01):
        self.lr, self.momentum, self.decay, self.scale, self.group = lr, momentum, decay, 1.0, group
        shapes = {}
        for p in params:
            r, c = p.shape[-2:]
            shapes.setdefault((min(r, c), max(r, c)), []).append(p)
        # Batches of about the same work, so that processes can share them.
        self.batches = []
        for ps in shapes.values():
            batch = []
            for p in ps:
                batch.append(p)
                if sum(q.numel() for q in batch) > 300_000:
                    self.batches.append(batch)
                    batch = []
            if batch:
                self.batches.append(batch)
        self.params = [p for b in self.batches for p in b]
        self.m = {p: torch.zeros_like(p) for p in self.params}

    @torch.no_grad()
    def step(self):
        updates = []
        for i, batch in enumerate(self.batches):
            if i % self.group.world != self.group.rank:
                updates += [torch.zeros_like(p) for p in batch]
                for p in batch:
                    self.m[p].mul_(self.momentum).add_(p.grad)
                continue
            r = min(batch[0].shape[-2:])
            us = []
            for p in batch:
                m = self.m[p].mul_(self.momentum).add_(p.grad)
                u = (p.grad + self.momentum * m).reshape(-1, *p.shape[-2:])
                us.append(u if u.shape[-2] == r else u.mT)
            u, at = orthogonalise(torch.cat(us)), 0
            for p in batch:
                k = p.numel() // (p.shape[-1] * p.shape[-2])
                d = u[at:at + k]
                at += k
                updates.append((d if p.shape[-2] == r else d.mT).reshape(p.shape))
        self.group.sum(updates)
        lr = self.lr * self.scale
        for p, d in zip(self.params, updates):
            p.mul_(1 - lr * self.decay).add_(d, alpha=-lr * max(1, p.shape[-2] / p.shape[-1]) ** .5)

    def state(self):
        return [self.m[p] for p in self.params]

    def load(self, state):
        for p, m in zip(self.params, state):
            self.m[p].copy_(m)


class Group:
    """The processes that train together; every call is the same with one."""

    def __init__(self, rank=0, world=1):
        self.rank, self.world = rank, world

    def sum(self, tensors):
        """Sums tensors over the processes, in place."""
        if self.world == 1:
            return
        flat = torch.cat([t.flatten() for t in tensors])
        torch.distributed.all_reduce(flat)
        at = 0
        for t in tensors:
            t.copy_(flat[at:at + t.numel()].view_as(t))
            at += t.numel()

    def numbers(self, values):
        if self.world == 1:
            return values
        t = torch.tensor(values, dtype=torch.float64)
        torch.distributed.all_reduce(t)
        return t.tolist()

    def gradients(self, params, scale=1.0):
        for p in params:
            if p.grad is None:
                p.grad = torch.zeros_like(p)
        self.sum([p.grad for p in params])
        if scale != 1.0:
            for p in params:
                p.grad.mul_(scale)


def split(model):
    """(matrices for Muon, the rest for AdamW)."""
    muon, adam = [], []
    for n, p in model.named_parameters():
        inner = p.dim() >= 2 and n not in ("embed.weight", "head.weight", "vision.pos", "vision.patch.weight") and "router" not in n
        (muon if inner else adam).append(p)
    return muon, adam


def schedule(p, warm=.01, hold=.6):
    """Learning rate at progress p of 0..1: a short rise, level, then down in a straight line."""
    if p < warm:
        return (p + 1e-3) / warm
    return 1.0 if p < hold else max(.0, 1 - (p - hold) / (1 - hold)) * .98 + .02
