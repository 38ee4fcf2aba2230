#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Makes the tiny random models of this folder and their reference values; README.md says how to run it.
import json
import math
import pathlib
import sys

import gguf
import numpy as np
import torch
import transformers

HERE = pathlib.Path(__file__).parent
VOCABULARY = HERE.parent / "tokenizer" / "small2000-vocab.gguf"
MERGES = 40  # the first ones of that vocabulary: a prefix of a merge list is a vocabulary of its own
LEAST_MARGIN = 0.005  # between the two best logits of a greedy step
LEAST_GAP = 3e-4  # between the last expert taken and the first one not

SPECIALS = {
    "llama4": ["<|begin_of_text|>", "<|end_of_text|>", "<|header_start|>", "<|header_end|>", "<|eom|>", "<|eot|>"],
    "llama-bpe": ["<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eom_id|>",
                  "<|eot_id|>"],
    "qwen2": ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<think>", "</think>", "<tool_response>",
              "</tool_response>"],
}
END_OF_TURN = {"llama4": "<|eot|>", "llama-bpe": "<|eot_id|>", "qwen2": "<|im_end|>"}

MODELS = {
    "llama3": dict(arch="llama", pre="llama-bpe", seed=1, layers=3, hidden=32, heads=4, kv_heads=2, head_dim=8, ffn=88,
                   theta=500000.0, eps=1e-5, tied=True, bare=True,
                   rope_scaling=dict(factor=8.0, low=1.0, high=4.0, original=64),
                   about="Llama 3.1's shape: GQA 2, head_dim = hidden / heads and not in the file, scaled rope "
                         "(rope_freqs.weight) with all three zones, tied output"),
    "llama2": dict(arch="llama", pre="llama-bpe", seed=2, layers=2, hidden=24, heads=3, kv_heads=3, head_dim=16, ffn=40,
                   theta=10000.0, eps=1e-6, tied=False,
                   about="no GQA, head_dim independent of hidden, own output matrix, plain rope"),
    "qwen3": dict(arch="qwen3", pre="qwen2", seed=3, layers=3, hidden=32, heads=4, kv_heads=2, head_dim=16, ffn=64,
                  theta=1000000.0, eps=1e-6, tied=True, about="dense, head_dim independent of hidden, tied output"),
    "qwen3moe": dict(arch="qwen3moe", pre="qwen2", seed=4, layers=2, hidden=16, heads=4, kv_heads=1, head_dim=16,
                     ffn=48, experts=128, used=8, ffn_exp=4, theta=1000000.0, eps=1e-6, tied=False,
                     about="8 of 128 experts as in released models, GQA 4"),
    "qwen3moe-wide": dict(arch="qwen3moe", pre="qwen2", seed=5, layers=3, hidden=32, heads=2, kv_heads=2, head_dim=24,
                          ffn=48, experts=6, used=3, ffn_exp=24, theta=10000.0, eps=1e-6, tied=True,
                          about="3 of 6 experts, head_dim no power of two"),
    "guard": dict(arch="llama4", pre="llama4", seed=6, layers=5, hidden=40, heads=5, kv_heads=1, head_dim=8, ffn=64,
                  ffn_exp=64, experts=0, used=0, moe_step=0, theta=500000.0, eps=1e-5, tied=True, qk_norm=True,
                  bare=True, rope_scaling=dict(factor=16.0, low=1.0, high=1.0, original=64),
                  about="Llama Guard 4's shape: llama4 without experts, only keys of released files"),
    "guard-chunk": dict(arch="llama4", pre="llama4", seed=7, layers=8, hidden=24, heads=2, kv_heads=2, head_dim=12,
                        ffn=48, ffn_exp=48, experts=0, used=0, moe_step=0, theta=10000.0, eps=1e-5, tied=True,
                        qk_norm=True, chunk=16, floor_scale=8, attn_scale=0.2,
                        about="the same with chunks of 16 and temperature tuning from position 7 on"),
    "behemoth": dict(arch="llama4", pre="llama4", seed=8, layers=4, hidden=16, heads=6, kv_heads=2, head_dim=12, ffn=48,
                     ffn_exp=12, experts=16, used=1, moe_step=1, theta=500000.0, eps=1e-5, tied=False, qk_norm=True,
                     bare=True, about="16 experts in every layer, GQA 3"),
    "behemoth-step": dict(arch="llama4", pre="llama4", seed=9, layers=6, hidden=24, heads=4, kv_heads=2, head_dim=12,
                          ffn=32, ffn_exp=12, experts=16, used=1, moe_step=3, theta=500000.0, eps=1e-5, tied=True,
                          qk_norm=True, chunk=32, about="16 experts in every third layer, chunks of 32"),
}


def tokens_of(pre):
    """Tokens, types, merges: 256 bytes, the first merges of the small vocabulary, the family's special tokens."""
    fields = gguf.GGUFReader(VOCABULARY).fields
    strings = lambda key: [bytes(fields[key].parts[i]).decode() for i in fields[key].data]
    merges = strings("tokenizer.ggml.merges")[:MERGES]
    tokens = [t for t in strings("tokenizer.ggml.tokens")[:256]]
    assert all(len(t) == 1 for t in tokens)
    tokens += [m.replace(" ", "") for m in merges]
    types = [1] * len(tokens) + [3 if s.startswith("<|") else 4 for s in SPECIALS[pre]]
    return tokens + SPECIALS[pre], types, merges


def rope_factors(c):
    """Llama 3.1's divisors of the rotary frequencies; see README.md."""
    s, d = c["rope_scaling"], c["head_dim"]
    factors = []
    for j in range(d // 2):
        wave = 2 * math.pi * c["theta"] ** (2 * j / d)
        if wave < s["original"] / s["high"]:
            factors.append(1.0)
        elif wave > s["original"] / s["low"]:
            factors.append(s["factor"])
        else:
            t = (s["original"] / wave - s["low"]) / (s["high"] - s["low"])
            factors.append(1 / ((1 - t) / s["factor"] + t))
    return np.array(factors, np.float32)


def build(c, vocabulary):
    rope = dict(rope_type="default", rope_theta=c["theta"])
    if s := c.get("rope_scaling"):
        rope = dict(rope_type="llama3", rope_theta=c["theta"], factor=s["factor"], low_freq_factor=s["low"],
                    high_freq_factor=s["high"], original_max_position_embeddings=s["original"])
    common = dict(vocab_size=vocabulary, hidden_size=c["hidden"], num_hidden_layers=c["layers"],
                  num_attention_heads=c["heads"], num_key_value_heads=c["kv_heads"], head_dim=c["head_dim"],
                  rms_norm_eps=c["eps"], rope_parameters=rope, tie_word_embeddings=c["tied"], pad_token_id=None,
                  max_position_embeddings=4096, attn_implementation="eager", attention_bias=False)
    t = transformers
    if c["arch"] == "llama":
        model = t.LlamaForCausalLM(t.LlamaConfig(intermediate_size=c["ffn"], **common))
    elif c["arch"] == "qwen3":
        model = t.Qwen3ForCausalLM(t.Qwen3Config(intermediate_size=c["ffn"], use_sliding_window=False, **common))
    elif c["arch"] == "qwen3moe":
        model = t.Qwen3MoeForCausalLM(t.Qwen3MoeConfig(
            intermediate_size=c["ffn"], moe_intermediate_size=c["ffn_exp"], num_experts=c["experts"],
            num_experts_per_tok=c["used"], norm_topk_prob=True, decoder_sparse_step=1, mlp_only_layers=[],
            use_sliding_window=False, **common))
    else:
        moe = [i for i in range(c["layers"]) if c["moe_step"] and (i + 1) % c["moe_step"] == 0]
        model = t.Llama4ForCausalLM(t.Llama4TextConfig(
            intermediate_size=c["ffn_exp"], intermediate_size_mlp=c["ffn"], num_local_experts=c["experts"],
            num_experts_per_tok=c["used"], moe_layers=moe, interleave_moe_layer_step=c["moe_step"],
            use_qk_norm=c["qk_norm"], attention_chunk_size=c.get("chunk", 8192), attn_temperature_tuning=True,
            floor_scale=c.get("floor_scale", 8192), attn_scale=c.get("attn_scale", 0.1), **common))
    model = model.float().eval()
    if c.get("rope_scaling"):  # the formula and the library must agree
        d = c["head_dim"]
        plain = c["theta"] ** (-np.arange(0, d, 2) / d)
        rotary = model.model.rotary_emb
        assert np.allclose(plain / rope_factors(c), rotary.inv_freq.numpy(), rtol=1e-5)
    return model


def randomise(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if "norm" in name:
                p.copy_(1 + 0.2 * noise)
            elif "embed_tokens" in name:
                p.copy_(noise if not model.config.tie_word_embeddings else noise * 0.7)
            elif "lm_head" in name:
                p.copy_(noise * 3 / math.sqrt(p.shape[-1]))
            elif "gate.weight" in name or "router" in name:
                p.copy_(noise * 2 / math.sqrt(p.shape[-1]))
            else:
                inputs = p.shape[-1]
                if p.dim() == 3 and "Llama4" in type(model).__name__:
                    inputs = p.shape[1]
                p.copy_(noise * 1.2 / math.sqrt(inputs))


def permuted(weight, heads):
    """Rows of q and k from halves to adjacent pairs, as files of architecture llama hold them."""
    w = weight.reshape(heads, 2, weight.shape[0] // heads // 2, *weight.shape[1:])
    return w.swapaxes(1, 2).reshape(weight.shape)


def write_gguf(path, name, c, model, pre):
    arch = c["arch"]
    w = gguf.GGUFWriter(path, arch)
    tokens, types, merges = tokens_of(pre)
    w.add_name(f"golden {name}")
    w.add_file_type(0)
    w.add_vocab_size(len(tokens))
    w.add_context_length(4096)
    w.add_embedding_length(c["hidden"])
    w.add_block_count(c["layers"])
    w.add_feed_forward_length(c["ffn"])
    w.add_head_count(c["heads"])
    w.add_head_count_kv(c["kv_heads"])
    if not (arch == "llama" and c.get("bare")):
        w.add_key_length(c["head_dim"])
        w.add_value_length(c["head_dim"])
    if arch in ("llama", "llama4"):
        w.add_rope_dimension_count(c["head_dim"])
    w.add_rope_freq_base(c["theta"])
    w.add_layer_norm_rms_eps(c["eps"])
    if "experts" in c:
        w.add_expert_count(c["experts"])
        w.add_expert_used_count(c["used"])
        w.add_expert_feed_forward_length(c["ffn_exp"])
    if arch == "llama4":
        w.add_interleave_moe_layer_step(c["moe_step"])
        if not c.get("bare"):
            w.add_uint32("llama4.attention.sliding_window", c.get("chunk", 8192))
            w.add_uint32("llama4.attention.temperature_length", c.get("floor_scale", 8192))
            w.add_float32("llama4.attention.temperature_scale", c.get("attn_scale", 0.1))
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types(types)
    w.add_token_merges(merges)
    if pre != "qwen2":
        w.add_bos_token_id(tokens.index("<|begin_of_text|>"))
        w.add_add_bos_token(True)
    else:
        w.add_bos_token_id(tokens.index("<|endoftext|>"))  # named in released files, and not written before text
        w.add_add_bos_token(False)
    w.add_eos_token_id(tokens.index(END_OF_TURN[pre]))

    state = {k: v.detach().numpy() for k, v in model.state_dict().items()}

    def put(target, source):
        w.add_tensor(target, np.ascontiguousarray(source, np.float32))

    if c.get("rope_scaling"):
        put("rope_freqs.weight", rope_factors(c))
    put("token_embd.weight", state["model.embed_tokens.weight"])
    put("output_norm.weight", state["model.norm.weight"])
    if not c["tied"]:
        put("output.weight", state["lm_head.weight"])
    for i in range(c["layers"]):
        hf = lambda part: state[f"model.layers.{i}.{part}.weight"]
        to = lambda part, value: put(f"blk.{i}.{part}.weight", value)
        to("attn_norm", hf("input_layernorm"))
        to("ffn_norm", hf("post_attention_layernorm"))
        q, k = hf("self_attn.q_proj"), hf("self_attn.k_proj")
        if arch == "llama":
            q, k = permuted(q, c["heads"]), permuted(k, c["kv_heads"])
        to("attn_q", q)
        to("attn_k", k)
        to("attn_v", hf("self_attn.v_proj"))
        to("attn_output", hf("self_attn.o_proj"))
        if arch.startswith("qwen3"):
            to("attn_q_norm", hf("self_attn.q_norm"))
            to("attn_k_norm", hf("self_attn.k_norm"))
        if arch == "qwen3moe":
            to("ffn_gate_inp", hf("mlp.gate"))
            gate_up = state[f"model.layers.{i}.mlp.experts.gate_up_proj"]  # [E, 2 ffn, hidden]
            assert gate_up.shape == (c["experts"], 2 * c["ffn_exp"], c["hidden"])
            to("ffn_gate_exps", gate_up[:, :c["ffn_exp"]])
            to("ffn_up_exps", gate_up[:, c["ffn_exp"]:])
            to("ffn_down_exps", state[f"model.layers.{i}.mlp.experts.down_proj"])
        elif arch == "llama4" and c["moe_step"] and (i + 1) % c["moe_step"] == 0:
            to("ffn_gate_inp", hf("feed_forward.router"))
            gate_up = state[f"model.layers.{i}.feed_forward.experts.gate_up_proj"]  # [E, hidden, 2 ffn]
            assert gate_up.shape == (c["experts"], c["hidden"], 2 * c["ffn_exp"])
            to("ffn_gate_exps", gate_up[:, :, :c["ffn_exp"]].swapaxes(1, 2))
            to("ffn_up_exps", gate_up[:, :, c["ffn_exp"]:].swapaxes(1, 2))
            to("ffn_down_exps", state[f"model.layers.{i}.feed_forward.experts.down_proj"].swapaxes(1, 2))
            for part in ("gate", "up", "down"):
                to(f"ffn_{part}_shexp", hf(f"feed_forward.shared_expert.{part}_proj"))
        else:
            mlp = "feed_forward" if arch == "llama4" else "mlp"
            for part in ("gate", "up", "down"):
                to(f"ffn_{part}", hf(f"{mlp}.{part}_proj"))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def state_of(rows):
    last = rows[-1].double()
    return {"l2": float(f"{last.norm().item():.9g}"), "first8": [float(f"{v:.9g}") for v in rows[-1][:8].tolist()]}


class Watch:
    """What passes through the layers: values after attention, outputs, router logits."""

    def __init__(self, model):
        self.attention, self.output, self.router = {}, {}, {}
        for i, layer in enumerate(model.model.layers):
            layer.post_attention_layernorm.register_forward_pre_hook(
                lambda m, a, i=i: self.attention.__setitem__(i, a[0][0].detach()))
            layer.register_forward_hook(
                lambda m, a, o, i=i: self.output.__setitem__(i, (o[0] if isinstance(o, tuple) else o).detach()))
            router = getattr(getattr(layer, "feed_forward", None), "router", None) \
                or getattr(getattr(layer, "mlp", None), "gate", None)
            if router is not None:
                router.register_forward_hook(
                    lambda m, a, o, i=i: self.router.__setitem__(i, (o[1] if "Llama4" in type(m).__name__ else o[0])
                                                                  .detach().reshape(-1, m.num_experts)))


def greedy(model, ids, count=32):
    ids, margins, out = list(ids), [], []
    with torch.no_grad():
        for _ in range(count):
            top = model(torch.tensor([ids]), use_cache=False).logits[0, -1].topk(2)
            margins.append(top.values[0].item() - top.values[1].item())
            out.append(top.indices[0].item())
            ids.append(out[-1])
    return out, margins


def prompts_of(c, pre):
    tokens, _, _ = tokens_of(pre)
    bos = tokens.index("<|begin_of_text|>") if pre != "qwen2" else tokens.index("<|im_start|>")
    random = np.random.default_rng(c["seed"])
    ids = lambda n: [bos] + random.integers(0, len(tokens), n - 1).tolist()
    prompts = {"one": [bos], "short": ids(11), "random": ids(70)}
    if c["seed"] in (1, 5, 7):  # longer than a micro-batch of 512
        prompts["long"] = ids(600)
    return prompts


def reference(c, model, pre):
    watch = Watch(model)
    prompts, rows = [], []
    for name, ids in prompts_of(c, pre).items():
        with torch.no_grad():
            logits = model(torch.tensor([ids]), use_cache=False).logits[0]
        positions = sorted({0, len(ids) - 1} | set(range(7, len(ids), max(9, len(ids) // 6))))
        prompt = {"name": name, "logits_row": len(rows), "ids": ids, "logit_positions": positions}
        rows += [logits[p].numpy() for p in positions]
        prompt["embedding_last"] = state_of(model.model.embed_tokens.weight[ids].detach())
        output = {i: o.reshape(len(ids), -1) for i, o in watch.output.items()}
        prompt["layers_last"] = [
            {"after_attention": state_of(watch.attention[i]), "output": state_of(output[i]),
             "output_l2_all_positions": float(f"{output[i].double().norm().item():.9g}")}
            for i in range(c["layers"])]
        prompt["router_last"], gap = [], math.inf
        for i, r in sorted(watch.router.items()):
            top = r.topk(min(c["used"] + 1, c["experts"]), dim=-1)
            if c["used"] < c["experts"]:  # the choice is clear everywhere, its order at the last position
                gap = min(gap, (top.values[:, -2] - top.values[:, -1]).min().item(),
                          (top.values[-1, :-1] - top.values[-1, 1:]).min().item())
            prompt["router_last"].append({"layer": i, "experts": top.indices[-1, :c["used"]].tolist(),
                                          "logits": [float(f"{v:.9g}") for v in top.values[-1, :c["used"]].tolist()]})
        prompt["argmax_all"] = logits.argmax(-1).tolist()
        top2 = logits.topk(2).values
        margin = (top2[:, 0] - top2[:, 1]).min().item()
        ease = 10 if len(ids) > 100 else 1  # among many positions some are close
        if gap < LEAST_GAP / ease or margin < LEAST_MARGIN / ease:
            return None, f"{name}: router gap {gap:.2g}, margin {margin:.2g}"
        prompt["greedy"], margins = greedy(model, ids)
        prompt["least_margin"] = float(f"{min(margins + [margin]):.4g}")
        if min(margins) < LEAST_MARGIN / ease:
            return None, f"{name}: greedy margin {min(margins):.2g}"
        prompts.append(prompt)
    return {"prompts": prompts}, np.stack(rows).astype("<f4")


def make(name, c):
    pre = c["pre"]
    vocabulary = len(tokens_of(pre)[0])
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for attempt in range(300):
        model = build(c, vocabulary)
        randomise(model, c["seed"] * 1000 + attempt)
        answer, logits = reference(c, model, pre)
        if answer is not None:
            break
    else:
        sys.exit(f"{name}: no seed is clear enough ({logits})")
    write_gguf(folder / "model.gguf", name, c, model, pre)
    logits.tofile(folder / "logits.f32")
    head = {"config": {"name": name, **c, "attempt": attempt}, "vocab": vocabulary,
            "reference": f"transformers {transformers.__version__}, torch {torch.__version__}, "
                         f"{type(model).__name__}, float32, eager attention, no cache",
            "logits": {"file": "logits.f32", "shape": list(logits.shape), "std": round(float(logits.std()), 3)}}
    (folder / "ref.json").write_text(json.dumps({**head, **answer}, separators=(",", ":")) + "\n")
    print(name, f"attempt {attempt}, logits std {logits.std():.2f},",
          *(f"{f.name} {f.stat().st_size}" for f in sorted(folder.iterdir())))


if __name__ == "__main__":
    torch.set_num_threads(1)
    for name in sys.argv[1:] or MODELS:
        make(name, MODELS[name])
