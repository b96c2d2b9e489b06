// Dragging the seal on the page view (拖动印章): moves the picture and the two numbers of the form, which is what is sent.

import "./by.js";

const form = document.getElementById("place-form");
const across = document.getElementById("f-x_mm");
const down = document.getElementById("f-y_mm");
const sheets = [...document.querySelectorAll(".desk-sheet")];

function grips() {
  return sheets.map((sheet) => sheet.querySelector(".grip")).filter(Boolean);
}

/** Half of the seal and its date together, whose middle is the place. */
function half(grip) {
  return [Number(grip.dataset.boxWidth) / 2, Number(grip.dataset.boxHeight) / 2];
}

function show(x, y) {
  for (const grip of grips()) {
    grip.setAttribute("x", x - Number(grip.getAttribute("width")) / 2);
    grip.setAttribute("y", y - half(grip)[1]);
  }
}

/** Millimetres of a pointer on this sheet, kept so far inside that the seal fits. */
function point(sheet, event, offset = { x: 0, y: 0 }) {
  const area = sheet.getBoundingClientRect();
  const [width, height] = [Number(sheet.dataset.width), Number(sheet.dataset.height)];
  const grip = sheet.querySelector(".grip");
  const [left, top] = grip ? half(grip) : [0, 0];
  const x = ((event.clientX - area.left) / area.width) * width - offset.x;
  const y = ((event.clientY - area.top) / area.height) * height - offset.y;
  return {
    x: Math.min(Math.max(x, left), width - left),
    y: Math.min(Math.max(y, top), height - top),
  };
}

function put(spot) {
  across.value = spot.x.toFixed(1);
  down.value = spot.y.toFixed(1);
  show(spot.x, spot.y);
}

for (const sheet of sheets) {
  const grip = sheet.querySelector(".grip");
  sheet.querySelector(".sheet-click").addEventListener("click", (event) => {
    if (!grip || !event.detail) return; // a key press, or a place that has no picture here: the server's business
    event.preventDefault();
    put(point(sheet, event));
  });
  grip?.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    grip.setPointerCapture(event.pointerId);
    const at = point(sheet, event);
    const offset = { x: at.x - Number(across.value), y: at.y - Number(down.value) };
    const move = (next) => put(point(sheet, next, offset));
    grip.addEventListener("pointermove", move);
    grip.addEventListener("pointerup", () => grip.removeEventListener("pointermove", move), { once: true });
    grip.addEventListener("pointercancel", () => grip.removeEventListener("pointermove", move), { once: true });
  });
}

for (const input of [across, down]) {
  input.addEventListener("change", () => {
    const [x, y] = [Number(across.value), Number(down.value)];
    if (Number.isFinite(x) && Number.isFinite(y)) show(x, y);
  });
}

const again = () => form.requestSubmit(form.querySelector('button.quiet[value="look"]'));
for (const name of ["by", "seal", "dated", "date_where", "ofd_document"]) {
  document.getElementById(`f-${name}`)?.addEventListener("change", again);
}
document.getElementById("errors")?.focus();
