document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-show]");
  if (!link) return;
  event.preventDefault();
  for (const old of document.querySelectorAll(".shown")) old.classList.remove("shown");
  for (const column of document.querySelectorAll("article")) {
    const all = [...column.querySelectorAll(`[data-function="${link.dataset.show}"]`)];
    // In Rust the exported function, else the first of that name.
    const found = all.find((a) => a.closest("span").textContent.includes('"C"')) || all[0];
    if (!found) continue;
    found.closest("span").classList.add("shown");
    found.scrollIntoView({ block: "center" });
  }
});
