// Live progress of recordings, from server-sent events.

const FINISHED = new Set(["scored", "no_speech", "failed"]);

/**
 * Call `update` with each change of a recording: {call_id, recording_id, state, progress, reason}.
 * `resync` is called when the line opens, now and after a break: what finished before is not told again.
 */
export function followProgress(update, resync = () => {}) {
  const source = new EventSource("/api/calls/events");
  source.addEventListener("open", resync);
  source.addEventListener("progress", (event) => update(JSON.parse(event.data)));
  addEventListener("pagehide", () => source.close());
  return source;
}

export function isFinished(state) {
  return FINISHED.has(state);
}
