// The window page (窗口核验): scanner gun, camera or picture in; the verdict beside it within a second.

import { Camera, reader } from "./camera.js";
import { judgeFresh, show } from "./result.js";
import { load } from "./trust.js";

const AGAIN = 8000;
const REFRESH = 10 * 60_000;
const place = document.getElementById("result");
const offline = document.getElementById("offline");
const field = document.getElementById("f-code");
const state = document.getElementById("camera-state");
const start = document.getElementById("camera-start");
const stop = document.getElementById("camera-stop");
const scanner = document.getElementById("scanner");
const words = document.querySelector('template[data-part="camera-words"]').content;

let known = load(place.dataset.trust);
let last = { text: "", at: 0 };
let turn = 0;

/** The newest scan wins: a slow answer about an older one is not shown over it. */
async function verify(text) {
  const mine = (turn += 1);
  const outcome = await judgeFresh(text, await known, place);
  if (mine !== turn) return;
  known = Promise.resolve(outcome.known ?? null);
  last = { text, at: Date.now() };
  show(place, outcome);
  place.dataset.shown = outcome.answer;
  notice();
}

function notice() {
  offline.hidden = navigator.onLine && place.dataset.shown !== "offline";
}

function seen(text) {
  // a code lying in view is asked about again only after a while
  if (text === last.text && Date.now() - last.at < AGAIN) return;
  last = { text, at: Date.now() };
  verify(text);
}

document.getElementById("code-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = field.value.trim();
  field.value = "";
  field.focus();
  if (text) verify(text);
});

document.getElementById("image-form").addEventListener("submit", async (event) => {
  const [file] = document.getElementById("f-image").files;
  if (!file) return; // the server says what is missing
  event.preventDefault();
  const picture = await createImageBitmap(file).catch(() => null);
  const canvas = document.createElement("canvas");
  const scale = picture ? Math.min(1, 2400 / Math.max(picture.width, picture.height)) : 1;
  canvas.width = (picture?.width ?? 1) * scale;
  canvas.height = (picture?.height ?? 1) * scale;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (picture) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const text = picture ? await (await reader())(canvas, context) : null;
  verify(text ?? "");
});

function say(key) {
  state.textContent = words.querySelector(`[data-word="${key}"]`).textContent;
}

function running(on) {
  start.hidden = on;
  stop.hidden = !on;
  scanner.hidden = !on;
}

if (navigator.mediaDevices?.getUserMedia) {
  const camera = new Camera(document.getElementById("video"), seen);
  document.getElementById("camera").hidden = false;
  start.addEventListener("click", async () => {
    say("starting");
    running(true);
    try {
      await camera.start();
      say("looking");
    } catch (error) {
      camera.stop();
      running(false);
      say(["NotAllowedError", "SecurityError"].includes(error.name) ? "denied" : "missing");
    }
  });
  stop.addEventListener("click", () => {
    camera.stop();
    running(false);
    say("stopped");
    start.focus();
  });
}

addEventListener("online", () => {
  known = load(place.dataset.trust);
  notice();
});
addEventListener("offline", notice);
setInterval(() => {
  known = load(place.dataset.trust).then(async (newer) => newer ?? known);
}, REFRESH);
notice();
if (!place.querySelector("h1")) field.focus();

const worker = document.querySelector("script[data-worker]")?.dataset.worker;
if (worker && "serviceWorker" in navigator) {
  navigator.serviceWorker.register(worker, { scope: "/window" }).catch(() => undefined); // offline use is a bonus
}
