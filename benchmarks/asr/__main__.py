"""Transcription side by side: ``python -m benchmarks.asr FOLDER… [--runs 3] [--timed 8] [--json FILE]``.

Every engine gets the same two-channel recordings, weights and cores, one engine at a time, each in a process of its
own. The first round goes through all recordings and tells the error rates; it and the further rounds over ``--timed``
recordings, spread over the folders, tell the speed. Rounds go through the engines in turn, so that a machine that slows
down slows all of them.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from asr.audio import probe
from asr.evaluation import EvaluationError, Gold, read_gold, recordings_with_gold
from asr.weights import find_weights
from benchmarks.asr.engines import ENGINES, Setup, at_hand, cores
from benchmarks.asr.figures import Figures, Pass, Timed, figures, ratios
from service.settings import settings

OURS = "clearcall"


def main() -> None:
    """Run and print."""
    arguments = _arguments()
    config = settings()
    weights = find_weights(arguments.model or config.model, cache=config.weights)
    setup = Setup(weights, cores(), arguments.ggml, arguments.openai)
    names = arguments.engines.split(",") if arguments.engines else list(at_hand(setup))
    try:
        files = [file for folder in arguments.folders for file in recordings_with_gold(folder)]
        gold = {str(file): read_gold(file.with_suffix(".json")) for file in files}
    except EvaluationError as error:
        sys.exit(str(error))
    timed = _spread(files, arguments.timed)
    passes = _passes(names, setup, files, timed, arguments.runs)
    found = [figures(name, passes[name], [str(file) for file in timed], gold) for name in names]
    report = _report(found, gold, timed, arguments.runs)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(_markdown(report))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.asr", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path, help="recordings with gold: NAME.ogg beside NAME.json")
    parser.add_argument("--runs", type=int, default=3, help="rounds; the median is reported")
    parser.add_argument("--timed", type=int, default=8, help="recordings of the rounds after the first; 0 is all")
    parser.add_argument("--engines", help=f"some of {', '.join(ENGINES)}; all whose weights are at hand by default")
    parser.add_argument("--model", help="Whisper size or folder; that of the settings by default")
    parser.add_argument("--ggml", type=Path, help="the same weights for whisper.cpp")
    parser.add_argument("--openai", type=Path, help="the same weights for openai-whisper")
    parser.add_argument("--json", type=Path, help="write the report here as well")
    return parser.parse_args()


def _spread(files: Sequence[Path], count: int) -> list[Path]:
    """So many of the files, evenly over the list; all for 0."""
    if count <= 0 or count >= len(files):
        return list(files)
    return [files[(2 * i + 1) * len(files) // (2 * count)] for i in range(count)]


def _passes(
    names: Sequence[str], setup: Setup, files: Sequence[Path], timed: Sequence[Path], runs: int
) -> dict[str, list[Pass]]:
    passes: dict[str, list[Pass]] = {name: [] for name in names}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        for number in range(runs):
            for name in names:
                wanted = timed if number else files
                task = progress.add_task(f"round {number + 1}, {name}", total=len(wanted))
                passes[name].append(_run(name, setup, wanted, lambda task=task: progress.advance(task)))
    return passes


def _run(name: str, setup: Setup, files: Sequence[Path], heard: Any) -> Pass:
    """One engine in a process of its own."""
    document = json.dumps(
        {"weights": str(setup.weights), "cores": setup.cores, "ggml": _text(setup.ggml), "openai": _text(setup.openai)}
    )
    command = [sys.executable, "-m", "benchmarks.asr.runner", name, document]
    durations = {str(file): probe(file).duration_ms / 1000 for file in files}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write("\n".join(durations))
        process.stdin.close()
        timed, peak_mb = [], 0.0
        for line in process.stdout:
            said = json.loads(line)
            if "file" in said:
                file = said["file"]
                timed.append(
                    Timed(file, durations[file], said["seconds"], said["cpu_seconds"], tuple(said["channels"]))
                )
                heard()
            peak_mb = said.get("peak_mb", peak_mb)
    if process.returncode:
        sys.exit(f"{name}: ended with code {process.returncode}")
    return Pass(tuple(timed), peak_mb)


def _text(path: Path | None) -> str | None:
    return str(path) if path else None


def _report(found: Sequence[Figures], gold: dict[str, Gold], timed: Sequence[Path], runs: int) -> dict[str, Any]:
    ours = next((one for one in found if one.engine == OURS), None)
    return {
        "machine": _machine(),
        "recordings": len(gold),
        "audio_s": round(sum(probe(Path(file)).duration_ms for file in gold) / 1000),
        "timed_recordings": len(timed),
        "runs": runs,
        "engines": [one.to_json() for one in found],
        "ratios": [ratios(ours, peer) for peer in found if ours and peer is not ours],
    }


def _machine() -> dict[str, Any]:
    info = Path("/proc/cpuinfo")
    models = [line.split(":")[1].strip() for line in _lines(info) if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _markdown(report: dict[str, Any]) -> str:
    machine = report["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}, Python {machine['python']}. "
        f"{report['recordings']} recordings, {report['audio_s']} s; speed: median of {report['runs']} rounds over "
        f"{report['timed_recordings']} recordings.",
        "",
        "| engine | × real time (rounds) | by core time | peak MB | WER en | CER zh | worst channel | loops |",
        "|---|---|---|---|---|---|---|---|",
        *(_engine_row(engine) for engine in report["engines"]),
        "",
        f"| {OURS} against | speed (rounds) | per core | WER en | CER zh |",
        "|---|---|---|---|---|",
        *(_ratio_row(ratio) for ratio in report["ratios"]),
    ]
    return "\n".join(lines)


def _engine_row(engine: dict[str, Any]) -> str:
    worst = engine["worst_channel"]
    cells = [
        engine["engine"],
        f"{engine['speed']} ({', '.join(map(str, engine['speeds']))})",
        str(sorted(engine["cpu_speeds"])[len(engine["cpu_speeds"]) // 2]),
        str(engine["peak_mb"]),
        *(_rate(engine["rates"].get(language)) for language in ("en", "zh")),
        f"{worst['rate']:.2f} ({Path(worst['file']).stem}, {worst['channel']})",
        str(len(engine["loops"])),
    ]
    return f"| {' | '.join(cells)} |"


def _ratio_row(ratio: dict[str, Any]) -> str:
    errors = ratio["errors"]
    cells = [
        ratio["peer"],
        f"{ratio['speed']} × ({', '.join(map(str, ratio['speed_by_pass']))})",
        f"{ratio['cpu']} ×",
        *(f"{errors[language]} ×" if language in errors else "–" for language in ("en", "zh")),
    ]
    return f"| {' | '.join(cells)} |"


def _rate(rate: dict[str, float] | None) -> str:
    return f"{rate['rate']:.1%} [{rate['low']:.1%}, {rate['high']:.1%}]" if rate else "–"


if __name__ == "__main__":
    main()
