// In a frame, as in the playground, the page tells the page around it which line of the program the current step comes
// from and which numbers change; it goes to the first step of a line that it is told, to the end, or
// to that of the forward pass. In a notebook it is told numbers, too, and whether the notebook is dark.
const lineOf = (node) => Number(/:(\d+)$/.exec(graph.nodes[node].source ?? "")?.[1] ?? 0);

function announce(message) {
  if (parent !== window) parent.postMessage(message, "*");
}

// The numbers of all leaves, in the order of the graph, as JSON has them.
const inOrder = () => leaves.toSorted((a, b) => a - b);
const asJson = (i) => (Number.isFinite(graph.nodes[i].data) ? graph.nodes[i].data : String(graph.nodes[i].data));
let told; // those that the page around this one has; numbers that are newly infinite stay here

function announceNumbers() {
  const numbers = inOrder().map(asJson);
  if (!told || !numbers.every((x, k) => Number.isFinite(x) || x === told[k])) return;
  if (numbers.some((x, k) => x !== told[k])) announce({ numbers: told = numbers });
}

function hearNumbers(numbers) {
  const isFirst = !told;
  told = numbers.map((x) => (Number.isFinite(x) ? x : String(Number(x))));
  if (inOrder().every((i, k) => asJson(i) === told[k])) return;
  stopRunning();
  if (!isFirst) remember();
  losses = [];
  inOrder().forEach((i, k) => { graph.nodes[i].data = Number(told[k]); });
  set(leaves.map((i) => graph.nodes[i].data));
}

addEventListener("message", ({ source, data: message }) => {
  if (source !== parent || parent === window) return;
  if (message?.numbers) return hearNumbers(message.numbers);
  const first = timeline.findIndex((step) => step.what === "data" && lineOf(step.node) === message?.line);
  if (first < 0 && !message?.end) return;
  pause();
  const back = message.end === "forward" ? timeline.findIndex((step) => step.what === "grad") : -1;
  go(first >= 0 ? first + 1 : back >= 0 ? back : timeline.length);
});
