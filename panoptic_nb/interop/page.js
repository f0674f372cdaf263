"use strict";
const main = document.querySelector("main");
const dialog = document.querySelector("dialog");
let shown = null;

function show(button) {
  shown = button;
  dialog.querySelector("img").src = button.querySelector("img").src;
  dialog.querySelector("img").alt = button.title;
  dialog.querySelector("p").textContent = button.title;
  if (!dialog.open) dialog.showModal();
}

function setAll(open) {
  for (const details of main.querySelectorAll("details details")) details.open = open;
}
document.getElementById("open").onclick = () => setAll(true);
document.getElementById("close").onclick = () => setAll(false);

main.addEventListener("click", (event) => {
  const button = event.target.closest(".grid button");
  if (button) show(button);
});
dialog.addEventListener("click", (event) => {
  if (event.target === dialog) dialog.close();
});
dialog.addEventListener("close", () => shown?.focus());
dialog.addEventListener("keydown", (event) => {
  const step = { ArrowRight: "nextElementSibling", ArrowLeft: "previousElementSibling" }[event.key];
  if (step && shown?.[step]) show(shown[step]);
});

main.addEventListener("keydown", (event) => {
  const at = event.target;
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const isRow = at.tagName === "SUMMARY";
  const sideways = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const along = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (isRow && sideways) {
    const details = at.parentElement;
    if (sideways > 0) details.open = true;
    else if (details.open) details.open = false;
    else details.parentElement.closest("details")?.querySelector("summary").focus();
  } else if (isRow && along) {
    const rows = [...main.querySelectorAll("summary")].filter((row) => row.offsetParent !== null);
    rows[rows.indexOf(at) + along]?.focus();
  } else if (!isRow && sideways) {
    const next = sideways > 0 ? at.nextElementSibling : at.previousElementSibling;
    next?.focus();
  } else return;
  event.preventDefault();
});
