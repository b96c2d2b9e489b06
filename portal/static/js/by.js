// Where the seal goes (盖章位置): only the fields of the chosen way are shown. Without scripts all of them are.

const way = document.getElementById("f-by");

export function fit() {
  for (const part of document.querySelectorAll("[data-for]")) {
    part.hidden = !part.dataset.for.split(" ").includes(way.value);
  }
}

way?.addEventListener("change", fit);
if (way) fit();
