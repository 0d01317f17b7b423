// The pages in the book's frames are light or dark as the book is.
const preference = matchMedia("(prefers-color-scheme: dark)");

function dress(frames = document.querySelectorAll("iframe")) {
  const { theme } = document.body.dataset, dark = theme === "dark" || (theme !== "light" && preference.matches);
  for (const frame of frames) frame.contentWindow.postMessage({ dark }, "*");
}

document.addEventListener("load", ({ target }) => { if (target.matches?.("iframe")) dress([target]); }, true);
document.addEventListener("DOMContentLoaded", () => {
  dress();
  new MutationObserver(() => dress()).observe(document.body, { attributeFilter: ["data-theme"] });
});
preference.addEventListener("change", () => dress());
