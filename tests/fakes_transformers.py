"""A transformer too small to know anything, for what is done to its layers."""

from __future__ import annotations

from pathlib import Path

import torch


def tiny_bert(folder: Path) -> Path:
    """A randomly initialised BERT of two layers with a character vocabulary, saved in the folder."""
    from transformers import BertConfig, BertModel, BertTokenizer

    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz价格太贵了."]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join([*pieces, *(f"##{p}" for p in pieces[5:])]), encoding="utf-8")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=2 * len(pieces) - 5,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    BertModel(config).save_pretrained(folder)
    BertTokenizer(str(vocabulary)).save_pretrained(folder)
    return folder
