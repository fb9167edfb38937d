"""Training of the tagger's encoder. ``python -m nlp.training.encoder`` renews the shipped one.

It learns from the shipped corpus but for the calls of its two ``dev`` files: on those the tagger over it is calibrated
and measured, as on calls that it has never seen.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from nlp.corpus.annotations import AnnotatedCall
from nlp.corpus.shipped import shipped_corpus
from nlp.encoders.e5_weights import UnpackedE5Encoder, default_weights
from nlp.encoders.encoder import EncoderError, file_sha256
from nlp.encoders.layers import LowerLayers
from nlp.encoders.turn_encoder import ENCODER_PATH, LAYERS, MAX_TOKENS, UPPER_LAYERS, pack_encoder
from nlp.training.finetuning import FinetuningOptions, finetuned

OPTIONS = FinetuningOptions(layers=UPPER_LAYERS, max_tokens=MAX_TOKENS, steps=330, misheard=0.5)
"""330 steps of two calls are 1.65 epochs over 399 calls; half of the calls are misheard."""
_HELD_OUT = "-dev-"


def encoder_calls() -> list[AnnotatedCall]:
    """The calls of the shipped corpus that the encoder learns from."""
    return [call for call in shipped_corpus() if _HELD_OUT not in call.call_id]


def train_bytes(
    calls: Sequence[AnnotatedCall],
    options: FinetuningOptions = OPTIONS,
    base: Path | None = None,
    folder: Path | None = None,
    progress: Callable[[str, float], None] = lambda _, __: None,
) -> bytes:
    """The weights file. The same calls, options and base give the same bytes on the same machine.

    Args:
        calls: what is learned from.
        options: how.
        base: the packed file of the layers below and of where the upper ones begin; that of the wheel if left out.
        folder: where the training is saved as it goes on, and taken up again if it was broken off.
        progress: told what is done and how much of it, 0-1.
    """
    path = base or default_weights()
    lower = LowerLayers(UnpackedE5Encoder(path, layers=LAYERS), UPPER_LAYERS, MAX_TOKENS)
    tuned = finetuned(calls, lower, options, folder, progress)
    return pack_encoder(tuned.upper_state(), [call.digest for call in calls], file_sha256(path))


def main() -> None:
    """Renew the shipped encoder."""
    parser = argparse.ArgumentParser(description="Train the tagger's encoder and write its weights.")
    parser.add_argument("--output", type=Path, default=ENCODER_PATH, help="the weights file to write")
    parser.add_argument("--checkpoints", type=Path, help="a folder to go on from after a break")
    options = parser.parse_args()
    try:
        # Half an hour is long for finding out that the file can't be written.
        options.output.parent.mkdir(parents=True, exist_ok=True)
        options.output.open("ab").close()
        content = train_bytes(encoder_calls(), folder=options.checkpoints, progress=_say)
        options.output.write_bytes(content)
    except OSError as error:
        sys.exit(f"{options.output}: cannot be written ({error.strerror}); name another file with --output")
    except EncoderError as error:
        sys.exit(str(error))
    print(f"\n{options.output.name}: {len(content):,} bytes, sha256 {hashlib.sha256(content).hexdigest()}")
    print("The head goes with the encoder that it was trained over: renew it next, with 'clearcall nlp train'.")


def _say(what: str, done: float) -> None:
    sys.stdout.write(f"\r{what}: {done:.1%}   ")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
