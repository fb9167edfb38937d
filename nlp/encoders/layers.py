"""A transformers encoder in two parts: the layers below, which stay as they are, and those above, which may learn.

Each text goes through the layers below once, whatever the number of epochs and folds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from nlp.encoders.encoder import EncoderError, TransformersEncoder, Vectors, speakable, unit_rows

States = NDArray[np.float16]
"""The vectors of a text's tokens between the two parts, (tokens, dim)."""
_TEXTS_AT_ONCE = 32


class LowerLayers:
    """All but the last ``upper`` layers of an encoder, on the CPU.

    What comes out of them for a text is kept: some 20 kB a turn.

    Args:
        base: the encoder; it is not changed.
        upper: how many layers are left out.
        max_tokens: texts are cut to so many, special ones included.

    Raises:
        EncoderError: the encoder is not built like BERT, or has no layer left.
    """

    def __init__(self, base: TransformersEncoder, upper: int, max_tokens: int) -> None:
        layers = getattr(getattr(base.model, "encoder", None), "layer", ())
        if not 0 < upper < len(layers):
            raise EncoderError(f"encoder {base.name}: {upper} layers can't learn; it has {len(layers)} like BERT's")
        self.base = base
        self.upper = upper
        self.known: dict[str, States] = {}
        self._max_tokens = max_tokens
        self._model = deepcopy(base.model, {id(base.model.embeddings): base.model.embeddings}).cpu()
        self._model.encoder.layer = self._model.encoder.layer[:-upper]

    def states(self, texts: Sequence[str]) -> list[States]:
        """What the layers make of each text."""
        new = sorted({text for text in texts if text not in self.known}, key=len)
        for start in range(0, len(new), _TEXTS_AT_ONCE):
            self._remember(new[start : start + _TEXTS_AT_ONCE])
        return [self.known[text] for text in texts]

    def _remember(self, texts: Sequence[str]) -> None:
        tokens = self.base.tokenizer(
            [self.base.prefix + speakable(text) for text in texts],
            padding=True,
            truncation=True,
            max_length=self._max_tokens,
            return_tensors="pt",
        )
        with torch.inference_mode():
            hidden = self._model(**tokens).last_hidden_state.half().numpy()
        lengths = tokens["attention_mask"].sum(1).tolist()
        self.known.update((text, hidden[i, : lengths[i]].copy()) for i, text in enumerate(texts))


class UpperLayers(nn.Module):
    """A copy of the layers left out of ``lower``: from states to a vector for each text."""

    def __init__(self, lower: LowerLayers) -> None:
        super().__init__()
        model = lower.base.model
        self.model: Any = deepcopy(model, {id(model.embeddings): _Given()}).cpu()
        self.model.encoder.layer = self.model.encoder.layer[-lower.upper :]

    def forward(self, states: Sequence[States]) -> Tensor:
        """(texts, dim): the mean over the tokens of each text. Texts of one length go through together."""
        order = sorted(range(len(states)), key=lambda i: len(states[i]))
        parts = [
            self._pooled([states[i] for i in order[start : start + _TEXTS_AT_ONCE]])
            for start in range(0, len(order), _TEXTS_AT_ONCE)
        ]
        return torch.cat(parts)[torch.from_numpy(np.argsort(order))]

    def _pooled(self, states: Sequence[States]) -> Tensor:
        longest = max(len(one) for one in states)
        hidden = torch.zeros(len(states), longest, states[0].shape[1])
        mask = torch.zeros(len(states), longest, dtype=torch.long)
        for i, one in enumerate(states):
            hidden[i, : len(one)] = torch.from_numpy(one).float()
            mask[i, : len(one)] = 1
        out: Tensor = self.model(inputs_embeds=hidden, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        return (out * weights).sum(1) / weights.sum(1)


class _Given(nn.Module):
    """Stands where the embeddings of a whole model are: what comes in is past them already."""

    def forward(self, inputs_embeds: Tensor, **_: Any) -> Tensor:
        return inputs_embeds


class LayeredEncoder:
    """An :class:`nlp.encoders.encoder.Encoder` of the two parts together."""

    def __init__(self, lower: LowerLayers, upper: UpperLayers, name: str) -> None:
        self.name = name
        self.dim = lower.base.dim
        self._lower = lower
        self._upper = upper.eval()

    @property
    def weights_hash(self) -> str:
        digest = hashlib.sha256(self._lower.base.weights_hash.encode())
        for _, tensor in sorted(self._upper.state_dict().items()):
            digest.update(tensor.contiguous().numpy().tobytes())
        return digest.hexdigest()

    def upper_state(self) -> dict[str, Tensor]:
        """The parameters of the layers that learned, named as in transformers' BERT, the lowest of them number 0."""
        state: dict[str, Tensor] = self._upper.model.encoder.layer.state_dict()
        return state

    def encode(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        with torch.inference_mode():
            return unit_rows(self._upper(self._lower.states(texts)).numpy())
