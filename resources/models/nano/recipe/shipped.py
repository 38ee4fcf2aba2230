# SPDX-License-Identifier: Apache-2.0
"""Reads a model back from its GGUF files, dequantised to float32: what is measured is what is shipped."""
import gguf
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

import tokenizer as tk
from export import TEXT, VISION
from model import Config, Llama4, halves


def _read(path):
    reader = gguf.GGUFReader(path)
    keys = {k: f.contents() for k, f in reader.fields.items()}
    tensors = {t.name: torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).copy()).float() for t in reader.tensors}
    return keys, tensors


def _tokenizer(keys):
    tokens = keys["tokenizer.ggml.tokens"]
    special = [t for t, kind in zip(tokens, keys["tokenizer.ggml.token_type"]) if kind == gguf.TokenType.CONTROL]
    merges = [tuple(m.split(" ", 1)) for m in keys["tokenizer.ggml.merges"]]
    t = Tokenizer(models.BPE({s: i for i, s in enumerate(tokens) if s not in special}, merges))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(tk.O200K), "isolated", False),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in special])
    assert all(t.token_to_id(s) == i for i, s in enumerate(tokens)), "the vocabulary's order is not kept"
    return t


def most_tiles(mmproj_file):
    """The most tiles a picture is cut into for this model."""
    field = gguf.GGUFReader(mmproj_file).fields.get("clip.vision.preproc_max_tiles")
    return int(field.contents()) if field else 1


def load(text_file, mmproj_file, context=0):
    """-> (model, chat) in float32 on the CPU; a longer `context` than the file's makes room for longer texts."""
    k, text = _read(text_file)
    kv, vision = _read(mmproj_file)

    def a(name, default=None):
        return k.get("llama4." + name, default)
    c = Config(vocab=a("vocab_size"), hidden=a("embedding_length"), layers=a("block_count"), heads=a("attention.head_count"),
               kv_heads=a("attention.head_count_kv"), head_dim=a("attention.key_length"), ffn=a("expert_feed_forward_length"),
               experts=a("expert_count"), rope_theta=a("rope.freq_base"), eps=a("attention.layer_norm_rms_epsilon"),
               chunk=a("attention.sliding_window", 8192), floor_scale=a("attention.temperature_length", 8192),
               attn_scale=a("attention.temperature_scale", .1), context=max(context, a("context_length")), tile=kv["clip.vision.image_size"],
               patch=kv["clip.vision.patch_size"], v_hidden=kv["clip.vision.embedding_length"], v_layers=kv["clip.vision.block_count"],
               v_heads=kv["clip.vision.attention.head_count"], v_proj=vision["mm.model.mlp.1.weight"].shape[0],
               v_eps=kv["clip.vision.attention.layer_norm_epsilon"])
    model = Llama4(c)
    state = {"embed.weight": text["token_embd.weight"], "norm.weight": text["output_norm.weight"], "head.weight": text["output.weight"]}
    own = {"attn_q": "attn.q", "attn_k": "attn.k", "attn_v": "attn.v", "attn_output": "attn.o", "attn_norm": "norm1", "ffn_norm": "norm2",
           "ffn_gate_inp": "moe.router"}
    for i, layer in enumerate(model.layers):
        b, o = f"blk.{i}.", f"layers.{i}."
        for name in TEXT.values():
            if name in own:
                w = text[f"{b}{name}.weight"]
                state[f"{o}{own[name]}.weight"] = halves(w, c.head_dim) if name in ("attn_q", "attn_k") and layer.attn.local else w
        state[o + "moe.gate_up"] = torch.cat((text[b + "ffn_gate_exps.weight"], text[b + "ffn_up_exps.weight"]), 1)
        state[o + "moe.down"] = text[b + "ffn_down_exps.weight"]
        state[o + "moe.s_gate_up"] = torch.cat((text[b + "ffn_gate_shexp.weight"], text[b + "ffn_up_shexp.weight"]))
        state[o + "moe.s_down"] = text[b + "ffn_down_shexp.weight"]
    own = {"attn_q": "q", "attn_k": "k", "attn_v": "v", "attn_out": "o", "ln1": "ln1", "ln2": "ln2", "ffn_up": "fc1", "ffn_down": "fc2"}
    o = "vision."
    state |= {o + "cls": vision["v.class_embd"], o + "patch.weight": vision["v.patch_embd.weight"], o + "pos": vision["v.position_embd.weight"],
              o + "fc1.weight": vision["mm.model.mlp.1.weight"], o + "fc2.weight": vision["mm.model.mlp.2.weight"],
              o + "proj.weight": vision["mm.model.fc.weight"]}
    for part in ("weight", "bias"):
        state[f"{o}pre.{part}"], state[f"{o}post.{part}"] = vision[f"v.pre_ln.{part}"], vision[f"v.post_ln.{part}"]
        for i in range(c.v_layers):
            for name in VISION.values():
                w = vision[f"v.blk.{i}.{name}.{part}"]
                state[f"{o}layers.{i}.{own[name]}.{part}"] = halves(w, c.v_hidden // c.v_heads) if name in ("attn_q", "attn_k") else w
    model.load_state_dict(state)
    return model.eval(), tk.Chat(_tokenizer(k), c.tile_tokens)
