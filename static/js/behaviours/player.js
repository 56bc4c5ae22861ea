// The player; [data-play] puts its sound into the dock.
import { clock, dress, each, on, say } from "./page.js";

const dock = document.querySelector("[data-player-dock]");
const box = (element) => element.closest("[data-player]");
const part = (player, name) => player.querySelector(`[data-player-${name}]`);
const sound = (player) => player.querySelector("audio");

function paint(player) {
  const { currentTime: at, duration } = sound(player);
  const seek = part(player, "seek");
  if (duration < Infinity) seek.max = duration;
  seek.value = at;
  seek.ariaValueText = seek.dataset.spoken.replace("{at}", clock(at)).replace("{total}", clock(seek.max));
  player.style.setProperty("--played", `${(100 * at) / seek.max}%`);
  part(player, "time").textContent = clock(at);
  part(player, "left").textContent = `−${clock(seek.max - at)}`;
}

function showState(player) {
  const { paused, src } = sound(player);
  part(player, "toggle").ariaPressed = !paused;
  player.classList.toggle("is-playing", !paused);
  document.querySelectorAll("a[data-play]").forEach((link) => link.classList.toggle("is-playing", !paused && link.href === src));
}

function drawPlayed(player) {
  const wave = player.querySelector(".wave");
  player.querySelector(".wave--played")?.remove();
  wave?.after(wave.cloneNode(true));
  wave?.nextSibling.classList.add("wave--played");
}

const setSpeed = (player) => { sound(player).playbackRate = part(player, "speed").value; };
const toggle = (player) => (sound(player).paused ? sound(player).play().catch(() => {}) : sound(player).pause());

function jump(player, to) {
  sound(player).currentTime = to;
  paint(player);
}

each("[data-player]", (player) => {
  const audio = sound(player);
  part(player, "speed").value = localStorage.speed ?? 1;
  audio.ontimeupdate = audio.onloadedmetadata = () => paint(player);
  audio.onloadstart = audio.onerror = ({ type }) => { part(player, "broken").hidden = type !== "error"; };
  audio.onpause = () => showState(player);
  audio.onplay = () => {
    document.querySelectorAll("audio").forEach((other) => other !== audio && other.pause());
    setSpeed(player);
    showState(player);
  };
});

dress("[data-player]", (player) => {
  sound(player).hidden = true;
  player.querySelector(".player-controls").hidden = false;
  drawPlayed(player);
  paint(player);
  showState(player);
});

on("click", "[data-player-toggle]", (button) => toggle(box(button)));
on("click", "[data-player-skip]", (button) => jump(box(button), sound(box(button)).currentTime + Number(button.value)));
on("input", "[data-player-seek]", (seek) => jump(box(seek), seek.value));
on("change", "[data-player-speed]", (speed) => {
  localStorage.speed = speed.value;
  setSpeed(box(speed));
});
on("click", "[data-player-close]", () => {
  sound(dock).pause();
  dock.hidden = true;
});
on("keydown", "[data-player-seek]", (seek, event) => {
  const step = { ArrowLeft: -5, ArrowRight: 5 }[event.key];
  if (step) jump(box(seek), sound(box(seek)).currentTime + step);
  else if (event.key === " ") toggle(box(seek));
  if (step || event.key === " ") event.preventDefault();
});

function load({ href, dataset: { title, seconds, peaks, download } }) {
  sound(dock).src = href;
  part(dock, "title").textContent = title;
  part(dock, "seek").max = seconds;
  Object.assign(part(dock, "download"), { href: download, hidden: !download });
  dock.querySelectorAll(".wave").forEach((wave) => wave.remove());
  const bars = peaks.split(" ").map((peak, i) => `M${i * 3 + 1} ${20 - peak * 0.19}v${peak * 0.38 + 1}`);
  if (peaks) part(dock, "seek").insertAdjacentHTML("beforebegin", `<svg class="wave" viewBox="0 0 ${bars.length * 3} 40" preserveAspectRatio="none" aria-hidden="true"><path d="${bars.join("")}"/></svg>`);
  drawPlayed(dock);
  paint(dock);
  say(title);
}

on("click", "a[data-play]", (link, event) => {
  if (event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  if (sound(dock).src !== link.href) load(link);
  dock.hidden = false;
  toggle(dock);
});
