"""One engine over a list of recordings, in a process of its own: ``python -m benchmarks.asr.runner ENGINE SETUP``.

Reads file names from standard input and writes one JSON line for each recording, then one with the peak memory.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.asr.engines import ENGINES, Setup


def main() -> None:
    """Run the engine; the first file is transcribed once unmeasured, to warm up."""
    engine_name, document = sys.argv[1], json.loads(sys.argv[2])
    setup = Setup(
        weights=Path(document["weights"]),
        cores=document["cores"],
        ggml=Path(document["ggml"]) if document.get("ggml") else None,
        openai=Path(document["openai"]) if document.get("openai") else None,
    )
    files = [Path(line) for line in sys.stdin.read().splitlines()]
    engine = ENGINES[engine_name](setup)
    engine.transcribe(files[0])
    for file in files:
        started, used = time.perf_counter(), time.process_time()
        channels = engine.transcribe(file)
        seconds, cpu_seconds = time.perf_counter() - started, time.process_time() - used
        _say({"file": str(file), "seconds": seconds, "cpu_seconds": cpu_seconds, "channels": channels})
    _say({"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024})


def _say(line: dict[str, Any]) -> None:
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
