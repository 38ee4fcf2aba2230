# SPDX-License-Identifier: Apache-2.0
"""The sizes this recipe trains, by name.

tokens     of a batch
micro      batches a step, all processes together
lr         of Muon; adam_lr: of AdamW
v_batch    pictures a step of the vision stages; v_share: of the time for warm-up, and again for alignment
workers    processes that make data, for each training process
limit      tokens of the longest conversation
span       tokens after which the curriculum is through; 0: it follows the clock (or the steps), as the learning rate does
world      training processes on a CPU, one thread each
texts      conversations the tokenizer is made from
tiles      the most tiles a picture is cut into, in training and by the exported model; multi_tile: share of pictures cut
"""
from model import Config

# `h200` in the 60 MB that may be shipped: 69.5 M parameters of text are 52 MB in q5_1 and 39 MB in q4_0, the tower is
# 6 MB in q8_0 (export.py prints what a run gives). Widths are multiples of 32, the block of these types.
PRESETS = {
    "cpu": dict(c=Config(vocab=3072), tokens=1536, micro=2, lr=.01, adam_lr=2e-3, v_batch=64, v_share=.05, workers=1, limit=1537, span=0, world=2, texts=12000, tiles=1, multi_tile=0.0),
    "h200": dict(c=Config(vocab=8192, hidden=512, layers=12, heads=8, kv_heads=2, ffn=320, experts=8, context=16384, v_hidden=256, v_layers=6, v_heads=8, v_proj=512),
                 tokens=27648, micro=4, lr=.01, adam_lr=2e-3, v_batch=512, v_share=.05, workers=14, limit=13825, span=0, world=1, texts=12000, tiles=4, multi_tile=.8),
    "smoke": dict(c=Config(vocab=1024, hidden=96, layers=4, heads=2, kv_heads=1, head_dim=32, ffn=64, v_hidden=64, v_layers=2, v_heads=2, v_proj=64),
                  tokens=1536, micro=2, lr=.02, adam_lr=3e-3, v_batch=16, v_share=.2, workers=0, limit=600, span=0, world=1, texts=1200, tiles=2, multi_tile=.3),
}
