// Typeset the mathematics, then make everything fit the width of the paper.
"use strict";

const SMALLEST = 0.6; // of a table on an upright page; below that it goes on a page of its own

function zoomed(element, room) {
  const wide = element.getBoundingClientRect().width;
  return wide > room + 1 ? room / wide : 1;
}

function fitTable(table) {
  const upright = document.body.clientWidth;
  const room = table.parentElement.clientWidth || upright;
  let scale = zoomed(table, room);
  if (scale < SMALLEST) {
    const around = document.createElement("div");
    around.className = "landscape";
    table.replaceWith(around);
    around.append(table);
    scale = zoomed(table, around.clientWidth);
  }
  if (scale < 1) table.style.zoom = scale;
  if (table.getBoundingClientRect().height < 600) table.classList.add("short");
}

function fit() {
  document.querySelectorAll(".bd-article table").forEach((table) => {
    if (!table.parentElement.closest("table")) fitTable(table);
  });
  document.querySelectorAll("mjx-container[display='true']").forEach((formula) => {
    const inner = formula.querySelector("mjx-math");
    const scale = inner ? zoomed(inner, formula.parentElement.clientWidth) : 1;
    if (scale < 1) formula.style.fontSize = `${100 * scale}%`;
  });
  document.querySelectorAll(".cell_input, .cell_output pre, div.highlight").forEach((box) => {
    if (box.getBoundingClientRect().height < 600) box.classList.add("short");
  });
  document.querySelectorAll(".admonition").forEach((box) => {
    if (box.getBoundingClientRect().height > 500) box.classList.add("long");
  });
}

window.MathJax = {
  options: { processHtmlClass: "tex2jax_process|mathjax_process|math|output_area" },
  startup: {
    pageReady: () => window.MathJax.startup.defaultPageReady().then(fit),
  },
};

window.addEventListener("load", () => {
  if (!window.MathJax.startup.promise) fit(); // a book without mathematics
});
