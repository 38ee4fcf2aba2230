# SPDX-License-Identifier: Apache-2.0
"""Weights to begin with that can already copy.

Finding out how to copy costs a small model most of its training: two layers have to invent two halves of one circuit
(Olsson and others, 2022, "In-context learning and induction heads") and see no gain before both are there. Here both
halves are written into the first weights, in subspaces of their own; training changes them like all others.

    TOK   the token itself (its first entry is 1 for every token)
    PREV  a projection of the token before, put there by a head of layer 0
    PREV2 the same of the token before that
    OUT   what is to be said; the head of the vocabulary reads nothing else

In the first layer that sees everything one head looks for places where the last two tokens were the present ones, and
copies the token there from TOK to OUT.
"""
import torch

AT_ONE_BACK = ((0, .4), (1, .25), (2, .15), (4, .1), (8, .1))   # pairs of the rotation and their weight in the peak


def spaces(c):
    """Slices of the hidden width: TOK and OUT a head wide, PREV and PREV2 a head wide together."""
    d = c.head_dim
    assert c.hidden >= 3 * d, "no room for the subspaces"
    return slice(0, d), slice(d, 2 * d - d // 4), slice(2 * d - d // 4, 2 * d), slice(2 * d, 3 * d)


@torch.no_grad()
def plant(model, strength=6.0):
    c = model.c
    d, g = c.head_dim, c.heads // c.kv_heads
    assert c.heads >= 2 and g >= 2, "two heads have to share keys and values"
    tok, prev, prev2, out = spaces(c)
    n, n2 = prev.stop - prev.start, prev2.stop - prev2.start
    for p in (model.embed.weight, model.head.weight):
        p.normal_(0, .05)
    model.embed.weight[:, tok] = torch.randn(c.vocab, d)
    model.embed.weight[:, 0] = 1
    model.head.weight.normal_(0, .01)
    model.head.weight[:, out] = model.embed.weight[:, tok] * .25
    for layer in model.layers:   # the rest of the network speaks softly at first
        layer.attn.o.weight.mul_(.3)
        layer.moe.down.mul_(.3)
        layer.moe.s_down.mul_(.3)
    view = torch.linalg.qr(torch.randn(d - 1, n))[0].T   # [n, d - 1]: what PREV keeps of a token

    # Layer 0: head 0 looks one token back, head 1 two; both read the token's projection.
    a = model.layers[0].attn
    turn = c.rope_theta ** (-torch.arange(d // 2) / (d // 2))
    a.k.weight[:d] = 0
    a.v.weight[:d] = 0
    a.v.weight[:n, 1:d] = view
    for pair, weight in AT_ONE_BACK:
        a.k.weight[pair, 0] = weight ** .5
        for head in (0, 1):
            a.q.weight[head * d + pair, :] = 0
            a.q.weight[head * d + d // 2 + pair, :] = 0
    for head, space, size in ((0, prev, n), (1, prev2, n2)):
        a.q.weight[head * d:(head + 1) * d] = 0
        for pair, weight in AT_ONE_BACK:
            angle = -(head + 1) * turn[pair]
            a.q.weight[head * d + pair, 0] = weight ** .5 * torch.cos(angle)
            a.q.weight[head * d + d // 2 + pair, 0] = weight ** .5 * torch.sin(angle)
        a.o.weight[:, head * d:(head + 1) * d] = 0
        a.o.weight[space, head * d:head * d + size] = torch.eye(size) * 1.5

    # The first layer that sees everything: head 0 compares and copies.
    a = model.layers[c.nope_every - 1].attn
    a.k.weight[:d] = 0
    a.k.weight[:n, prev] = torch.eye(n)
    a.k.weight[n:d, prev2] = torch.eye(n2)
    a.q.weight[:d] = 0
    a.q.weight[:n, 1:d] = view
    a.q.weight[n:d, prev.start:prev.start + n2] = torch.eye(n2)
    a.q.weight[:d] *= strength / d ** .5
    a.v.weight[:d] = 0
    a.v.weight[:d, tok] = torch.eye(d)
    a.o.weight[:, :d] = 0
    a.o.weight[out, :d] = torch.eye(d) * 2
