# SPDX-License-Identifier: Apache-2.0
"""Llama 4 (text mixture of experts and vision tower) in plain PyTorch, fast enough to train on a CPU.

The mathematics is that of transformers' Llama4ForConditionalGeneration, and `to_hf` names the weights as published
checkpoints do; verify.py compares the logits. Only the execution differs: tokens are gathered per expert, layers
that attend in chunks are cut into chunks instead of masked, rotations use real arithmetic.
Shapes: B rows, L tokens a row, H hidden width, T picture tiles.
"""
import functools
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F


@dataclass
class Config:
    vocab: int = 2048
    hidden: int = 192
    layers: int = 5
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    ffn: int = 192             # of the shared expert and of every routed one
    experts: int = 4
    nope_every: int = 4        # every n-th layer sees everything and does not rotate
    rope_theta: float = 500000.0
    eps: float = 1e-5
    chunk: int = 512           # the other layers attend inside aligned chunks of so many tokens
    floor_scale: int = 512     # temperature tuning: the first step, and its strength
    attn_scale: float = 0.1
    context: int = 8192
    tile: int = 112
    patch: int = 14
    v_hidden: int = 128
    v_layers: int = 4
    v_heads: int = 4
    v_proj: int = 256
    v_theta: float = 10000.0
    v_eps: float = 1e-5

    @property
    def v_inter(self):         # tied to the width after pixel shuffle, as in Llama 4
        return self.v_hidden * 4

    @property
    def tile_tokens(self):
        return (self.tile // self.patch // 2) ** 2

    def dict(self):
        return asdict(self)


def rotate(x, cos, sin):
    """Turns pairs: x [..., L, heads, D], cos and sin [L, 1, D/2].

    Llama 4 turns neighbours 2j and 2j+1. Here a pair lies D/2 apart, which the CPU reads much faster: the rows of
    the q and k matrices are kept in that order and `neighbours` puts them back for export.
    """
    a, b = x.chunk(2, -1)
    return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


def neighbours(w, head_dim):
    """Rows of a q or k matrix (or its bias) from the order of `rotate` to that of Llama 4."""
    n = w.shape[0] // head_dim
    return w.view(n, 2, head_dim // 2, -1).transpose(1, 2).reshape(w.shape)


def halves(w, head_dim):
    """The way back."""
    n = w.shape[0] // head_dim
    return w.view(n, head_dim // 2, 2, -1).transpose(1, 2).reshape(w.shape)


@functools.lru_cache(maxsize=64)
def ahead(L, groups, dtype, device):
    """[groups * L, L]: minus infinity where a key lies ahead of the query."""
    return torch.full((L, L), float("-inf"), dtype=dtype, device=device).triu(1).repeat(groups, 1)


def attend(q, k, v, causal):
    """q [B, L, heads, D], k and v [B, L, kv_heads, D] -> [B, L, heads * D].

    For the short rows of this recipe plain products beat the CPU's fused kernel.
    """
    B, L, heads, D = q.shape
    kv = k.shape[2]
    g = heads // kv
    if q.is_cuda or L > 1024:
        q, k, v = (t.transpose(1, 2) for t in (q, k.repeat_interleave(g, 2), v.repeat_interleave(g, 2)))
        return F.scaled_dot_product_attention(q, k, v, is_causal=causal).transpose(1, 2).reshape(B, L, -1)
    q = (q * D ** -.5).view(B, L, kv, g, D).permute(0, 2, 3, 1, 4).reshape(B, kv, g * L, D)
    s = q @ k.permute(0, 2, 3, 1)
    if causal:
        s = s + ahead(L, g, s.dtype, s.device)
    y = torch.softmax(s, -1) @ v.transpose(1, 2)
    return y.view(B, kv, g, L, D).permute(0, 3, 1, 2, 4).reshape(B, L, -1)


def working(x):
    """x in the type that matrix products take here: cast once, not once a product."""
    return x.to(torch.get_autocast_dtype(x.device.type)) if torch.is_autocast_enabled(x.device.type) else x


def rounded(x, rows=256):
    """x [N, H] with N rounded up: the CPU's matrix library makes a kernel for every new shape, which costs milliseconds."""
    return F.pad(x, (0, 0, 0, -len(x) % rows))


class RMSNorm(nn.Module):
    def __init__(self, n, eps):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(n)), eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class Attention(nn.Module):
    def __init__(self, c: Config, layer):
        super().__init__()
        self.c, self.local = c, (layer + 1) % c.nope_every != 0
        self.q = nn.Linear(c.hidden, c.heads * c.head_dim, bias=False)
        self.k = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=False)
        self.v = nn.Linear(c.hidden, c.kv_heads * c.head_dim, bias=False)
        self.o = nn.Linear(c.heads * c.head_dim, c.hidden, bias=False)

    def forward(self, x, cos, sin, warm):
        """x [B, L, H]; warm [L] is the temperature of layers that see everything."""
        c, (B, L, _) = self.c, x.shape
        qkv = F.linear(x, torch.cat((self.q.weight, self.k.weight, self.v.weight))).view(B, L, -1, c.head_dim)
        qk, v = qkv[:, :, :c.heads + c.kv_heads], qkv[:, :, c.heads + c.kv_heads:]
        if self.local:
            qk = F.rms_norm(rotate(qk, cos.to(qk.dtype), sin.to(qk.dtype)), (c.head_dim,), None, c.eps)
        q, k = qk[:, :, :c.heads], qk[:, :, c.heads:]
        if not self.local:
            q = q * warm[:, None, None].to(q.dtype)
        chunks = 1
        if self.local and L > c.chunk:
            chunks = -(-L // c.chunk)
            q, k, v = (F.pad(t, (0, 0, 0, 0, 0, chunks * c.chunk - L)) for t in (q, k, v))
            q, k, v = (t.reshape(B * chunks, c.chunk, -1, c.head_dim) for t in (q, k, v))
        y = attend(q, k, v, True).view(B, -1, c.heads * c.head_dim)
        return self.o(y[:, :L])


class MoE(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.router = nn.Linear(c.hidden, c.experts, bias=False)
        self.gate_up = nn.Parameter(torch.empty(c.experts, 2 * c.ffn, c.hidden))
        self.down = nn.Parameter(torch.empty(c.experts, c.hidden, c.ffn))
        self.s_gate_up = nn.Parameter(torch.empty(2 * c.ffn, c.hidden))
        self.s_down = nn.Parameter(torch.empty(c.hidden, c.ffn))
        self.aux = None            # balancing loss of the last call
        self.usage = None          # [N, experts] of the last call, zero for padding

    @staticmethod
    def ffn(x, gate_up, down):
        g, u = F.linear(x, gate_up).chunk(2, -1)
        return F.linear(F.silu(g) * u, down)

    def forward(self, x, weight):
        """x [N, H]; weight [N] is 1 for real tokens, 0 for padding (balancing only)."""
        c = self.c
        with torch.autocast(x.device.type, enabled=False):
            logits = self.router(x)
        x = working(x)
        top, chosen = logits.max(-1)
        p = torch.softmax(logits, -1) * weight[:, None]
        n = weight.sum()
        self.usage = (F.one_hot(chosen, c.experts).float() * weight[:, None]).detach()
        self.aux = c.experts * (self.usage.sum(0) / n * (p.sum(0) / n)).sum()
        scaled = x * torch.sigmoid(top)[:, None].to(x.dtype)
        order = torch.argsort(chosen, stable=True)
        counts = torch.bincount(chosen, minlength=c.experts).tolist()
        parts = scaled[order].split(counts)
        y = torch.cat([self.ffn(rounded(a), self.gate_up[e], self.down[e])[:len(a)] for e, a in enumerate(parts)])
        back = torch.empty_like(order)
        back[order] = torch.arange(order.numel(), device=order.device)
        return self.ffn(x, self.s_gate_up, self.s_down) + y[back]


class Layer(nn.Module):
    def __init__(self, c, i):
        super().__init__()
        self.norm1, self.attn = RMSNorm(c.hidden, c.eps), Attention(c, i)
        self.norm2, self.moe = RMSNorm(c.hidden, c.eps), MoE(c)

    def forward(self, x, cos, sin, warm, weight):
        x = x + self.attn(working(self.norm1(x)), cos, sin, warm)
        B, L, H = x.shape
        return x + self.moe(self.norm2(x).reshape(B * L, H), weight).view(B, L, H)


class VisionLayer(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        h, self.heads = c.v_hidden, c.v_heads
        self.ln1, self.ln2 = nn.LayerNorm(h, c.v_eps), nn.LayerNorm(h, c.v_eps)
        self.q, self.k, self.v, self.o = (nn.Linear(h, h) for _ in range(4))
        self.fc1, self.fc2 = nn.Linear(h, c.v_inter), nn.Linear(c.v_inter, h)

    def forward(self, x, cos, sin):
        B, L, H = x.shape
        y = working(self.ln1(x))
        shape = (B, L, self.heads, H // self.heads)
        q, k, v = self.q(y).view(shape), self.k(y).view(shape), self.v(y).view(shape)
        cos, sin = cos.to(q.dtype), sin.to(q.dtype)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        x = x + self.o(attend(q, k, v, False))
        return x + self.fc2(F.gelu(self.fc1(self.ln2(x))))


class Vision(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        h, k = c.v_hidden, c.tile // c.patch
        self.patch = nn.Linear(3 * c.patch ** 2, h, bias=False)
        self.cls = nn.Parameter(torch.randn(h) * h ** -.5)
        self.pos = nn.Parameter(torch.randn(k * k + 1, h) * h ** -.5)
        self.pre, self.post = nn.LayerNorm(h, c.v_eps), nn.LayerNorm(h, c.v_eps)
        self.layers = nn.ModuleList(VisionLayer(c) for _ in range(c.v_layers))
        self.fc1 = nn.Linear(c.v_inter, c.v_proj, bias=False)
        self.fc2 = nn.Linear(c.v_proj, c.v_proj, bias=False)
        self.proj = nn.Linear(c.v_proj, c.hidden, bias=False)
        at, width = torch.arange(k * k), h // c.v_heads // 2
        turn = 1.0 / (c.v_theta ** (torch.arange(0, width, 2)[: width // 2].float() / width))
        angle = torch.cat([((at % k) + 1)[:, None] * turn, ((at // k) + 1)[:, None] * turn], -1)
        angle = torch.cat([angle, torch.zeros(1, angle.shape[1])])  # the class token does not turn
        self.register_buffer("cos", angle.cos()[:, None], persistent=False)
        self.register_buffer("sin", angle.sin()[:, None], persistent=False)

    def features(self, tiles):
        """tiles uint8 [T, t, t, 3] -> [T, patches, v_hidden]."""
        x = tiles.permute(0, 3, 1, 2).float() / 127.5 - 1
        x = F.unfold(x, self.c.patch, stride=self.c.patch).transpose(1, 2)
        x = self.patch(x).float()
        x = torch.cat([x, self.cls.expand(x.shape[0], 1, -1)], 1) + self.pos
        x = self.pre(x)
        for layer in self.layers:
            x = layer(x, self.cos, self.sin)
        return self.post(x)[:, :-1]

    def forward(self, tiles):
        """tiles uint8 [T, t, t, 3] -> [T, tile_tokens, H]."""
        c, x = self.c, self.features(tiles)
        k = c.tile // c.patch
        # Pixel shuffle: two by two patches become one token of four times the width.
        x = x.reshape(-1, k // 2, 2, k // 2, 2, c.v_hidden).permute(0, 1, 3, 2, 4, 5)
        x = x.reshape(x.shape[0], -1, 4 * c.v_hidden)
        return self.proj(F.gelu(self.fc2(F.gelu(self.fc1(x)))))


class Llama4(nn.Module):
    def __init__(self, c: Config):
        super().__init__()
        self.c = c
        self.embed = nn.Embedding(c.vocab, c.hidden)
        self.layers = nn.ModuleList(Layer(c, i) for i in range(c.layers))
        self.norm = RMSNorm(c.hidden, c.eps)
        self.head = nn.Linear(c.hidden, c.vocab, bias=False)
        self.vision = Vision(c)
        turn = 1.0 / (c.rope_theta ** (torch.arange(0, c.head_dim, 2, dtype=torch.int64).float() / c.head_dim))
        at = torch.arange(c.context).float()
        angle = at[:, None] * turn
        self.register_buffer("cos", angle.cos()[:, None], persistent=False)
        self.register_buffer("sin", angle.sin()[:, None], persistent=False)
        warm = 1 + c.attn_scale * torch.log(1 + torch.floor((at + 1) / c.floor_scale))
        self.register_buffer("warm", warm, persistent=False)
        self.init()

    def init(self):
        c = self.c
        for n, p in self.named_parameters():
            if n.endswith("bias"):
                nn.init.zeros_(p)
            elif p.dim() == 1 or n.endswith(("vision.pos", "vision.cls")):
                continue
            elif n == "embed.weight":
                nn.init.normal_(p, std=.5)
            elif n == "head.weight":   # weakly aligned with the embeddings: circuits that copy form sooner
                with torch.no_grad():
                    p.copy_(self.embed.weight * .02)
            else:
                std = p.shape[-1] ** -.5
                if n.endswith((".o.weight", ".down", "s_down", "fc2.weight")) and "vision.fc2" not in n:
                    std *= (2 * c.layers) ** -.5
                nn.init.normal_(p, std=std)

    def hidden_states(self, ids, tiles, patch_id, pad_id):
        """ids [B, L] and tiles uint8 [T, t, t, 3] in the order of their patch tokens -> [B, L, H]."""
        c, n = self.c, ids.shape[1]
        x = self.embed(ids)
        if tiles is not None and len(tiles):
            v = self.vision(F.pad(tiles, (0, 0) * 3 + (0, -len(tiles) % 8)))[:len(tiles)]
            at = (ids.reshape(-1) == patch_id).nonzero()[:, 0]
            x = x.reshape(-1, c.hidden).index_copy(0, at, v.reshape(-1, c.hidden).to(x.dtype)).view(*ids.shape, -1)
        weight = (ids != pad_id).float().view(-1)
        cos, sin, warm = self.cos[:n], self.sin[:n], self.warm[:n]
        for layer in self.layers:
            x = layer(x, cos, sin, warm, weight)
        return self.norm(x)

    def aux(self):
        return sum(layer.moe.aux for layer in self.layers) / len(self.layers)

    def to_hf(self):
        """The weights by the names of published checkpoints, float32 on the CPU."""
        out, P = {}, "language_model.model."
        out[P + "embed_tokens.weight"] = self.embed.weight
        out[P + "norm.weight"] = self.norm.weight
        out["language_model.lm_head.weight"] = self.head.weight
        for i, l in enumerate(self.layers):
            q, f, m = f"{P}layers.{i}.", self.c.ffn, l.moe
            for a in "qkvo":
                w = getattr(l.attn, a).weight
                out[f"{q}self_attn.{a}_proj.weight"] = neighbours(w, self.c.head_dim) if a in "qk" and l.attn.local else w
            out[q + "input_layernorm.weight"] = l.norm1.weight
            out[q + "post_attention_layernorm.weight"] = l.norm2.weight
            q += "feed_forward."
            out[q + "router.weight"] = m.router.weight
            out[q + "experts.gate_up_proj"] = m.gate_up.transpose(1, 2)
            out[q + "experts.down_proj"] = m.down.transpose(1, 2)
            out[q + "shared_expert.gate_proj.weight"] = m.s_gate_up[:f]
            out[q + "shared_expert.up_proj.weight"] = m.s_gate_up[f:]
            out[q + "shared_expert.down_proj.weight"] = m.s_down
        v, P = self.vision, "vision_model."
        out[P + "patch_embedding.linear.weight"] = v.patch.weight
        out[P + "class_embedding"], out[P + "positional_embedding_vlm"] = v.cls, v.pos
        for n, m in (("layernorm_pre", v.pre), ("layernorm_post", v.post)):
            out[f"{P}{n}.weight"], out[f"{P}{n}.bias"] = m.weight, m.bias
        for i, l in enumerate(v.layers):
            q = f"{P}model.layers.{i}."
            for n, m in ([(f"self_attn.{a}_proj", getattr(l, a)) for a in "qkvo"]
                         + [("input_layernorm", l.ln1), ("post_attention_layernorm", l.ln2), ("mlp.fc1", l.fc1), ("mlp.fc2", l.fc2)]):
                turned = n in ("self_attn.q_proj", "self_attn.k_proj")
                for part, w in (("weight", m.weight), ("bias", m.bias)):
                    out[f"{q}{n}.{part}"] = neighbours(w, self.c.v_hidden // self.c.v_heads) if turned else w
        out[P + "vision_adapter.mlp.fc1.weight"], out[P + "vision_adapter.mlp.fc2.weight"] = v.fc1.weight, v.fc2.weight
        out["multi_modal_projector.linear_1.weight"] = v.proj.weight
        return {k: t.detach().float().cpu().contiguous() for k, t in out.items()}


def hf_config(c: Config, token_id):
    """config.json of the exported model; token_id gives the id of a special token's text."""
    rope = {"rope_type": "default", "rope_theta": c.rope_theta}
    ends = {"bos_token_id": token_id("<|begin_of_text|>"), "eos_token_id": token_id("<|eot|>"),
            "pad_token_id": token_id("<|finetune_right_pad|>")}
    return {
        "architectures": ["Llama4ForConditionalGeneration"], "model_type": "llama4", "torch_dtype": "float16",
        "boi_token_index": token_id("<|image_start|>"), "eoi_token_index": token_id("<|image_end|>"),
        "image_token_index": token_id("<|patch|>"), "tie_word_embeddings": False,
        "text_config": {
            "model_type": "llama4_text", "vocab_size": c.vocab, "hidden_size": c.hidden, "intermediate_size": c.ffn,
            "intermediate_size_mlp": c.ffn, "num_hidden_layers": c.layers, "num_attention_heads": c.heads,
            "num_key_value_heads": c.kv_heads, "head_dim": c.head_dim, "hidden_act": "silu",
            "max_position_embeddings": c.context, "rms_norm_eps": c.eps, "num_experts_per_tok": 1,
            "num_local_experts": c.experts, "interleave_moe_layer_step": 1, "use_qk_norm": True,
            "no_rope_layers": [int((i + 1) % c.nope_every != 0) for i in range(c.layers)],
            "no_rope_layer_interval": c.nope_every, "attention_chunk_size": c.chunk, "attn_temperature_tuning": True,
            "floor_scale": c.floor_scale, "attn_scale": c.attn_scale, "attention_bias": False, "attention_dropout": 0.0,
            "initializer_range": 0.02, "router_aux_loss_coef": 0.001, "router_jitter_noise": 0.0,
            "output_router_logits": False, "use_cache": True, "tie_word_embeddings": False, "rope_theta": c.rope_theta,
            "rope_scaling": None, "rope_parameters": rope, **ends},
        "vision_config": {
            "model_type": "llama4_vision_model", "hidden_size": c.v_hidden, "intermediate_size": c.v_inter,
            "num_hidden_layers": c.v_layers, "num_attention_heads": c.v_heads, "num_channels": 3, "patch_size": c.patch,
            "image_size": c.tile, "hidden_act": "gelu", "pixel_shuffle_ratio": 0.5, "projector_input_dim": c.v_proj,
            "projector_output_dim": c.v_proj, "projector_dropout": 0.0, "multi_modal_projector_bias": False,
            "vision_output_dim": c.v_proj, "vision_feature_layer": -1, "vision_feature_select_strategy": "default",
            "norm_eps": c.v_eps, "attention_dropout": 0.0, "rope_theta": c.v_theta, "rope_parameters":
                {"rope_type": "default", "rope_theta": c.v_theta}, "initializer_range": 0.02},
    }
