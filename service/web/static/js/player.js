// The sound of a call: waveform, position, and playing exactly a stretch of it.

import WaveSurfer from "/vendor/wavesurfer.js/wavesurfer.esm.js";
import { nonce, text, toast, token } from "./page.js";

const CHANNEL_HEIGHT = 42;

/** Plays the call of `section`; all times are milliseconds. Fires "time", "play" and "pause". */
export class Player extends EventTarget {
  constructor(section, durationMs) {
    super();
    this.durationMs = durationMs;
    this.stopAtMs = null;
    this.startAtMs = 0;
    this.audio = new Audio();
    this.audio.preload = "metadata";
    this.audio.src = section.dataset.audio;
    this.audio.addEventListener("play", () => this.#tell("play"));
    this.audio.addEventListener("pause", () => this.#tell("pause"));
    this.audio.addEventListener("seeked", () => this.#tell("time"));
    this.audio.addEventListener("timeupdate", () => this.#tick());
    this.audio.addEventListener("loadedmetadata", () => this.#applyStart());
    this.audio.addEventListener("error", () => toast(text("audio_failed"), "error"));
    this.#draw(section);
  }

  get nowMs() {
    return this.audio.readyState ? this.audio.currentTime * 1000 : this.startAtMs;
  }

  get isPlaying() {
    return !this.audio.paused;
  }

  toggle() {
    this.stopAtMs = null;
    if (this.isPlaying) this.audio.pause();
    else this.#start();
  }

  /** Go to a moment; before the sound is known the wish is kept. */
  seek(ms, keepStretch = false) {
    if (!keepStretch) this.stopAtMs = null;
    const wanted = Math.min(Math.max(0, ms), this.durationMs || Infinity);
    this.startAtMs = wanted;
    if (this.audio.readyState) this.audio.currentTime = wanted / 1000;
    this.#tell("time");
  }

  /** Play from `startMs` and stop at `endMs`. */
  playStretch(startMs, endMs) {
    this.stopAtMs = endMs;
    this.seek(startMs, true);
    this.#start();
  }

  setSpeed(rate) {
    this.audio.playbackRate = rate;
  }

  #start() {
    this.audio.play().then(
      () => this.#watch(),
      (error) => error.name === "AbortError" || toast(text("audio_failed"), "error"),
    );
  }

  #applyStart() {
    if (this.startAtMs) this.audio.currentTime = this.startAtMs / 1000;
  }

  // "timeupdate" comes four times a second; a stretch must end where it ends.
  #watch() {
    if (!this.isPlaying) return;
    this.#tick();
    requestAnimationFrame(() => this.#watch());
  }

  #tick() {
    if (this.stopAtMs !== null && this.nowMs >= this.stopAtMs) {
      this.stopAtMs = null;
      this.audio.pause();
    }
    this.#tell("time");
  }

  #tell(name) {
    this.dispatchEvent(new Event(name));
  }

  async #draw(section) {
    const frame = section.querySelector("#wave");
    const answer = await fetch(section.dataset.peaks).catch(() => null);
    if (!answer?.ok) {
      frame.querySelector(".wave-loading").textContent = text("peaks_failed");
      return;
    }
    const { channels } = await answer.json();
    frame.replaceChildren();
    const colours = frame.dataset.speakers.split(" ").map(coloursOf);
    WaveSurfer.create({
      container: frame,
      media: this.audio,
      peaks: channels,
      duration: this.durationMs / 1000,
      height: channels.length > 1 ? CHANNEL_HEIGHT : 2 * CHANNEL_HEIGHT,
      splitChannels: channels.length > 1 ? channels.map((_, i) => ({ ...colours[i], overlay: false })) : undefined,
      ...colours[0],
      cursorColor: "#18212b",
      cursorWidth: 1.5,
      barWidth: 2,
      barGap: 1,
      barRadius: 2,
      normalize: true,
      dragToSeek: true,
      cspNonce: nonce,
    }).on("interaction", () => {
      this.stopAtMs = null;
      this.startAtMs = this.audio.currentTime * 1000;
    });
  }
}

function coloursOf(speaker) {
  const colour = token(speaker) || "#616d7a";
  return { waveColor: `${colour}66`, progressColor: colour };
}
