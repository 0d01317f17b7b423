// The notebook around the page sends a new picture, as microgradnet draws it, and a new caption.
addEventListener("message", ({ source, data: message }) => {
  if (source !== parent || parent === window || !message) return;
  if (message.picture) at("picture").innerHTML = message.picture;
  if ("caption" in message) at("caption").textContent = message.caption;
  if ("dark" in message) wear(message.dark);
  else wear();
  parent.postMessage({ height: document.documentElement.getBoundingClientRect().height }, "*");
});
