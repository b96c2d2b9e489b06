// Drag and drop for the verification page (拖放): the dropped file goes into the ordinary form, which is then sent.

const form = document.getElementById("file-form");
const drop = document.getElementById("drop");
const input = document.getElementById("f-file");
const busy = document.getElementById("busy");

for (const name of ["dragover", "dragenter"]) {
  addEventListener(name, (event) => {
    event.preventDefault();
    drop.classList.add("over");
  });
}
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) drop.classList.remove("over");
});
addEventListener("drop", (event) => {
  event.preventDefault();
  drop.classList.remove("over");
  if (!event.dataTransfer?.files.length) return;
  input.files = event.dataTransfer.files;
  form.requestSubmit();
});
form.addEventListener("submit", () => {
  busy.hidden = false;
});
