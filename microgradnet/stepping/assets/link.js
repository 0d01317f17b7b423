// In a frame, as in the playground, the page tells the page around it which line of the program the current step comes
// from and which numbers change; it goes to the first step of a line that it is told, or to the end.
const lineOf = (node) => Number(/:(\d+)$/.exec(graph.nodes[node].source ?? "")?.[1] ?? 0);

function announce(message) {
  if (parent !== window) parent.postMessage(message, "*");
}

addEventListener("message", ({ source, data: message }) => {
  if (source !== parent || parent === window) return;
  const first = timeline.findIndex((step) => step.what === "data" && lineOf(step.node) === message?.line);
  if (first < 0 && !message?.end) return;
  pause();
  go(first < 0 ? timeline.length : first + 1);
});
