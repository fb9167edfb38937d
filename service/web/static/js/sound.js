// Quotes that play where they stand: the seconds of a call, without leaving the page.

const sound = new Audio();
sound.preload = "none";
let playing = null;
let stopAt = 0;

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-sound]");
  if (!button) return;
  event.preventDefault();
  if (button === playing) stop();
  else play(button);
});

sound.addEventListener("timeupdate", () => {
  document.body.dataset.heardMs = Math.round(sound.currentTime * 1000);
  if (playing && sound.currentTime * 1000 >= stopAt) stop();
});
for (const end of ["ended", "error"]) sound.addEventListener(end, stop);

function play(button) {
  stop();
  playing = button;
  button.setAttribute("aria-pressed", "true");
  stopAt = Number(button.dataset.end) + 250;
  const start = Number(button.dataset.start) / 1000;
  if (!sound.src.endsWith(button.dataset.sound)) sound.src = button.dataset.sound;
  const begin = () => {
    sound.currentTime = start;
    sound.play().catch(stop);
  };
  if (sound.readyState >= 1) begin();
  else {
    sound.addEventListener("loadedmetadata", begin, { once: true });
    sound.load();
  }
}

function stop() {
  sound.pause();
  playing?.setAttribute("aria-pressed", "false");
  playing = null;
}
