// The notebook around the page sends a new picture, as microgradnet draws it, and a new caption.
addEventListener("message", ({ source, data: message }) => {
  if (source !== parent || parent === window || !message) return;
  if (message.picture) at("picture").innerHTML = message.picture;
  if (message.caption !== undefined) at("caption").textContent = message.caption;
  wear();
  parent.postMessage({ height: document.documentElement.getBoundingClientRect().height }, "*");
});
