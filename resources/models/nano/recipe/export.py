#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a trained checkpoint as a Hugging Face folder and as GGUF files (text in several types, vision in two).

  export.py OUT [--max-tiles N]

All weights are rounded to float16 once, so that the safetensors and the f16 file hold the same numbers. Names, types
and keys are those of published Llama 4 files; chunk length and temperature, which such files leave at their defaults,
stand in keys of their own.
"""
import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

import tokenizer as tk
from model import Config, Llama4, hf_config
from presets import PRESETS

TEXT = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
        "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "feed_forward.router": "ffn_gate_inp",
        "feed_forward.shared_expert.gate_proj": "ffn_gate_shexp", "feed_forward.shared_expert.up_proj": "ffn_up_shexp",
        "feed_forward.shared_expert.down_proj": "ffn_down_shexp"}
VISION = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_out",
          "input_layernorm": "ln1", "post_attention_layernorm": "ln2", "mlp.fc1": "ffn_up", "mlp.fc2": "ffn_down"}
NAME = "Lectern nano (demonstration model)"


def load_model(out: Path):
    d = torch.load(out / "checkpoint.pt", map_location="cpu", weights_only=True)
    m = Llama4(Config(**d["config"]))
    m.load_state_dict(d["model"])
    with torch.no_grad():
        for p in m.parameters():
            p.copy_(p.half().float())
    return m.eval(), d


def text_tensors(hf, c):
    """(gguf name, array) pairs from HF-named tensors."""
    P = "language_model."
    yield "token_embd.weight", hf[P + "model.embed_tokens.weight"]
    yield "output_norm.weight", hf[P + "model.norm.weight"]
    yield "output.weight", hf[P + "lm_head.weight"]
    for i in range(c.layers):
        q = f"{P}model.layers.{i}."
        for k, v in TEXT.items():
            yield f"blk.{i}.{v}.weight", hf[f"{q}{k}.weight"]
        gu = hf[q + "feed_forward.experts.gate_up_proj"].transpose(1, 2)  # (E, 2F, H)
        yield f"blk.{i}.ffn_gate_exps.weight", gu[:, :c.ffn]
        yield f"blk.{i}.ffn_up_exps.weight", gu[:, c.ffn:]
        yield f"blk.{i}.ffn_down_exps.weight", hf[q + "feed_forward.experts.down_proj"].transpose(1, 2)


def vision_tensors(hf, c):
    P = "vision_model."
    yield "v.class_embd", hf[P + "class_embedding"]
    yield "v.patch_embd.weight", hf[P + "patch_embedding.linear.weight"]
    yield "v.position_embd.weight", hf[P + "positional_embedding_vlm"]
    for a, b in (("layernorm_pre", "v.pre_ln"), ("layernorm_post", "v.post_ln")):
        yield b + ".weight", hf[f"{P}{a}.weight"]
        yield b + ".bias", hf[f"{P}{a}.bias"]
    for i in range(c.v_layers):
        for k, v in VISION.items():
            yield f"v.blk.{i}.{v}.weight", hf[f"{P}model.layers.{i}.{k}.weight"]
            yield f"v.blk.{i}.{v}.bias", hf[f"{P}model.layers.{i}.{k}.bias"]
    yield "mm.model.mlp.1.weight", hf[P + "vision_adapter.mlp.fc1.weight"]
    yield "mm.model.mlp.2.weight", hf[P + "vision_adapter.mlp.fc2.weight"]
    yield "mm.model.fc.weight", hf["multi_modal_projector.linear_1.weight"]


VISION_TYPES = ("f16", "q8_0")
# Type of the matrices, and the name of the file type. Rows are multiples of 32 wide: no type with blocks of 256.
TYPES = {"f16": (None, "MOSTLY_F16"), "q8_0": ("Q8_0", "MOSTLY_Q8_0"), "q5_1": ("Q5_1", "MOSTLY_Q5_1"), "q4_0": ("Q4_0", "MOSTLY_Q4_0")}


def add(w, name, t, kind=None):
    a = t.float().contiguous().numpy()
    if a.ndim == 1 or "norm" in name or name.endswith(("ffn_gate_inp.weight", "position_embd.weight", "class_embd")):
        w.add_tensor(name, a.astype(np.float32))
    elif kind:
        kind = gguf.GGMLQuantizationType[kind]
        w.add_tensor(name, gguf.quants.quantize(a, kind), raw_dtype=kind)
    else:
        w.add_tensor(name, a.astype(np.float16))


def general(w, kind):
    w.add_type(kind)
    w.add_name(NAME)
    w.add_basename("lectern-nano")
    w.add_description("Small Llama 4 trained on data that its own recipe makes; comes with Lectern.")
    w.add_license("apache-2.0")


def write_text(path, hf, c, tok, type_name):
    kind, file_type = TYPES[type_name]
    w = gguf.GGUFWriter(path, "llama4")
    general(w, gguf.GGUFType.MODEL)
    w.add_block_count(c.layers)
    w.add_context_length(c.context)
    w.add_embedding_length(c.hidden)
    w.add_feed_forward_length(c.ffn)
    w.add_head_count(c.heads)
    w.add_head_count_kv(c.kv_heads)
    w.add_rope_freq_base(c.rope_theta)
    w.add_layer_norm_rms_eps(c.eps)
    w.add_expert_count(c.experts)
    w.add_expert_used_count(1)
    w.add_key_length(c.head_dim)
    w.add_value_length(c.head_dim)
    w.add_vocab_size(c.vocab)
    w.add_rope_dimension_count(c.head_dim)
    w.add_interleave_moe_layer_step(1)
    w.add_expert_feed_forward_length(c.ffn)
    w.add_uint32("llama4.attention.sliding_window", c.chunk)
    w.add_uint32("llama4.attention.temperature_length", c.floor_scale)
    w.add_float32("llama4.attention.temperature_scale", c.attn_scale)
    w.add_file_type(gguf.LlamaFileType[file_type])
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    # tokenizer
    j = json.loads(tok.to_str())
    vocab = {v: k for k, v in tok.get_vocab(with_added_tokens=True).items()}
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("llama4")
    w.add_token_list([vocab[i] for i in range(c.vocab)])
    w.add_token_types([gguf.TokenType.CONTROL if vocab[i] in tk.SPECIAL else gguf.TokenType.NORMAL for i in range(c.vocab)])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in j["model"]["merges"]])
    i = tok.token_to_id
    w.add_bos_token_id(i("<|begin_of_text|>"))
    w.add_eos_token_id(i("<|eot|>"))
    w.add_eot_token_id(i("<|eot|>"))
    w.add_uint32("tokenizer.ggml.eom_token_id", i("<|eom|>"))
    w.add_pad_token_id(i("<|finetune_right_pad|>"))
    w.add_add_bos_token(True)
    w.add_chat_template(tk.CHAT_TEMPLATE)
    for n, t in text_tensors(hf, c):
        add(w, n, t, kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def write_mmproj(path, hf, c, max_tiles, type_name):
    kind, file_type = TYPES[type_name]
    w = gguf.GGUFWriter(path, "clip")
    general(w, gguf.GGUFType.MMPROJ)
    w.add_file_type(gguf.LlamaFileType[file_type])
    w.add_clip_has_vision_encoder(True)
    w.add_clip_projector_type("llama4")
    w.add_vision_projection_dim(c.hidden)
    w.add_vision_image_size(c.tile)
    w.add_vision_patch_size(c.patch)
    w.add_vision_embedding_length(c.v_hidden)
    w.add_vision_feed_forward_length(c.v_inter)
    w.add_vision_block_count(c.v_layers)
    w.add_vision_head_count(c.v_heads)
    w.add_vision_image_mean([.5, .5, .5])
    w.add_vision_image_std([.5, .5, .5])
    w.add_vision_attention_layernorm_eps(c.v_eps)
    w.add_vision_projector_scale_factor(2)
    w.add_vision_use_gelu(True)
    w.add_uint32("clip.vision.preproc_max_tiles", max_tiles)
    for n, t in vision_tensors(hf, c):
        add(w, n, t, kind if t.shape[-1] % 32 == 0 else None)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("out")
    ap.add_argument("--max-tiles", type=int, default=0, help="the most tiles an image is cut into; else those of the preset it was trained with")
    a = ap.parse_args()
    out = Path(a.out)
    m, d = load_model(out)
    a.max_tiles = a.max_tiles or PRESETS[d["preset"]]["tiles"]
    c = m.c
    tok = tk.load(out / "tokenizer.json")
    h = out / "hf"
    h.mkdir(exist_ok=True)
    hf = m.to_hf()
    save_file({k: v.half() for k, v in hf.items()}, h / "model.safetensors", metadata={"format": "pt"})
    (h / "config.json").write_text(json.dumps(hf_config(c, tok.token_to_id), indent=1))
    (h / "generation_config.json").write_text(json.dumps({"bos_token_id": tok.token_to_id("<|begin_of_text|>"), "do_sample": False,
                                                          "eos_token_id": [tok.token_to_id("<|eot|>"), tok.token_to_id("<|end_of_text|>"), tok.token_to_id("<|eom|>")],
                                                          "pad_token_id": tok.token_to_id("<|finetune_right_pad|>")}, indent=1))
    (h / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "Llama4ImageProcessorFast", "processor_class": "Llama4Processor", "do_convert_rgb": True, "do_normalize": True, "do_rescale": True,
        "do_resize": True, "image_mean": [.5] * 3, "image_std": [.5] * 3, "max_patches": a.max_tiles, "resize_to_max_canvas": False, "resample": 2,
        "rescale_factor": 1 / 255, "size": {"height": c.tile, "width": c.tile}}, indent=1))
    (h / "processor_config.json").write_text(json.dumps({"processor_class": "Llama4Processor", "patch_size": c.patch, "pixel_shuffle_ratio": .5,
                                                         "fake_image_token": "<|image|>", "image_token": "<|image|>"}, indent=1))
    tk.save_hf(tok, h)
    for name in TYPES:
        write_text(out / f"nano-text-{name}.gguf", hf, c, tok, name)
    for name in VISION_TYPES:
        write_mmproj(out / f"mmproj-nano-{name}.gguf", hf, c, a.max_tiles, name)
    size = {f.name: f.stat().st_size / 1e6 for f in sorted(out.glob("*nano-*.gguf"))}
    for f, mb in size.items():
        print(f"{f} {mb:.2f} MB")
    for text in TYPES:
        print(f"text {text} with vision " + ", ".join(f"{v}: {size[f'nano-text-{text}.gguf'] + size[f'mmproj-nano-{v}.gguf']:.1f} MB" for v in VISION_TYPES))


if __name__ == "__main__":
    main()
