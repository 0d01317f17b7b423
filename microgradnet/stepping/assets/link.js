// In a frame, the page sends the page around it the line of the current step, {line}, with its number and that of all
// steps, {step, steps}, numbers that change, {numbers}, and fields that the reader sets, {settings}. It receives {line},
// whose first step it goes to, {end}, to go to the end ("forward": of that pass), {numbers}, {settings}, and {step, steps},
// to stay at that step where the graph has as many, unless it is of another line.
const SETTINGS = ["eta", "target", "pace", "speed"];
const lineOf = (node) => Number(/:(\d+)$/.exec(graph.nodes[node].source ?? "")?.[1] ?? 0);

function announce(message) {
  if (parent !== window) parent.postMessage(message, "*");
}

// The numbers of all leaves, in the order of the graph, as JSON has them.
const inOrder = () => leaves.toSorted((a, b) => a - b);
const asJson = (i) => (Number.isFinite(graph.nodes[i].data) ? graph.nodes[i].data : String(graph.nodes[i].data));
let shared; // the numbers that both pages have; those that are newly infinite stay here

function announceNumbers() {
  const numbers = inOrder().map(asJson);
  if (!shared || !numbers.every((x, k) => Number.isFinite(x) || x === shared[k])) return;
  if (numbers.some((x, k) => x !== shared[k])) announce({ numbers: shared = numbers });
}

function receiveNumbers(numbers) {
  const isFirst = !shared;
  shared = numbers.map((x) => (Number.isFinite(x) ? x : String(Number(x))));
  if (inOrder().every((i, k) => asJson(i) === shared[k])) return;
  stopRunning();
  if (!isFirst) remember();
  losses = [];
  inOrder().forEach((i, k) => { graph.nodes[i].data = Number(shared[k]); });
  set(leaves.map((i) => graph.nodes[i].data));
}

addEventListener("change", ({ target }) => {
  if (SETTINGS.includes(target.id)) announce({ settings: Object.fromEntries(SETTINGS.map((id) => [id, at(id).value])) });
});

addEventListener("message", ({ source, data: message }) => {
  if (source !== parent || parent === window) return;
  if (message?.numbers) return receiveNumbers(message.numbers);
  for (const id of SETTINGS) at(id).value = message?.settings?.[id] ?? at(id).value;
  const first = timeline.findIndex((step) => step.what === "data" && lineOf(step.node) === message?.line);
  if (first < 0 && !message?.end) return;
  pause();
  const stays = message.steps === timeline.length && (first < 0 || lineOf(timeline[message.step - 1].node) === message.line);
  if (stays) return go(message.step);
  const back = message.end === "forward" ? timeline.findIndex((step) => step.what === "grad") : -1;
  go(first >= 0 ? first + 1 : back >= 0 ? back : timeline.length);
});
