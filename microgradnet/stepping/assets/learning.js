// Gradient descent: one step or a run of them, the update written out, and the curve of the loss.

const SETTLED = 1e-12; // a run stops when a step changes the loss by less than this part of the loss it began with
const PATIENCE = 1000; // and after so many steps without a new lowest loss
const MOST_STEPS = 10_000; // of one run
const MOST_POINTS = 300; // of the curve
const CURVE = { left: 72, right: 310, top: 12, bottom: 74 }; // its axes, in the picture's units
const parameters = leaves.filter((i) => graph.nodes[i].kind === "parameter");
const lossName = graph.nodes[graph.root].name;
let losses = []; // before the first gradient step and after each; a number changed by hand begins anew
let running = 0; // the next frame of a run

// The learning rate in its field, or why it is none.
function learningRate() {
  const eta = readField(at("eta"), (x) => x >= 0);
  return Number.isNaN(eta) ? { refused: `the learning rate η must be a number of at least 0, and its field holds ${at("eta").value || "none"}: write it as 0.1` } : { eta };
}

at("eta").addEventListener("change", () => {
  const { refused } = learningRate();
  if (refused) tell(refused, { isWrong: true });
  else if (at("moved").classList.contains("wrong")) clearStep();
});

// The step that can be taken now, or why there is none.
function gradientStep() {
  const { eta, refused } = learningRate(), { grad } = pass;
  if (refused) return { refused };
  if (pass.failed >= 0) return { refused: pass.failure };
  const bad = parameters.find((i) => !Number.isFinite(grad[i]));
  if (bad !== undefined) return { refused: `${graph.nodes[bad].bracketed}.grad is ${number(grad[bad])}: no step was taken` };
  return { eta, grad, before: new Map(parameters.map((i) => [i, graph.nodes[i].data])), lossBefore: pass.data[graph.root] };
}

// w ← w − η·grad for every parameter. What is displayed stays the same until `showStep`.
function take(step) {
  wanted ||= timeline.length; // at the start of the passes no computed number is displayed, and none would be seen to move
  if (!losses.length) {
    losses.push(step.lossBefore);
    trace();
  }
  for (const i of parameters) graph.nodes[i].data -= step.eta * step.grad[i];
  compute();
  losses.push(pass.data[graph.root]);
  trace();
}

function showStep(step) {
  display();
  const moved = (i) => Math.abs(graph.nodes[i].data - step.before.get(i)) || 0;
  const most = parameters.reduce((a, b) => (moved(b) > moved(a) ? b : a)), { name, data } = graph.nodes[most];
  const change = `${number(step.before.get(most))} − ${number(step.eta)}·${factor(step.grad[most])} = ${number(data)}`;
  tell(`${lossName}: ${number(step.lossBefore)} → ${number(pass.data[graph.root])}`, { update: `${name} ← ${name} − η·grad = ${change}` });
}

function clearStep() {
  tell("for every parameter; after a step, here stands the one that changes most", { update: "w ← w − η·grad" });
}

function tell(text, { update = "", isWrong = false } = {}) {
  writeEquation(at("update"), update);
  at("moved").textContent = text;
  at("moved").classList.toggle("wrong", isWrong);
}

function learn() {
  stopRunning();
  const step = gradientStep();
  if (step.refused) return tell(step.refused, { isWrong: true });
  remember();
  take(step);
  showStep(step);
}

// A run is one change for "Undo". At each frame it takes one step or ten; with reduced motion it shows two moments a second.
function run() {
  if (running) return stopRunning("Stopped");
  pause();
  let step = gradientStep(), frames = 0;
  if (step.refused) return tell(step.refused, { isWrong: true });
  if (Number.isNaN(aim())) return tell(`Run stops below a number, and its field holds ${at("target").value}: write it as 0.001`, { isWrong: true });
  if (step.lossBefore < aim()) return tell(`${lossName} = ${number(step.lossBefore)} is already below ${number(aim())}: no step was taken`);
  const begun = { loss: step.lossBefore, lowest: step.lossBefore, steps: 0, patience: PATIENCE };
  const frame = () => {
    let ended = "";
    for (let left = Number(at("pace").value); left > 0 && !ended; left--) {
      const next = gradientStep();
      if (!next.refused) take(step = next);
      ended = next.refused ?? ending(step, begun);
    }
    if (ended || !still.matches || ++frames % 30 === 0) showStep(step);
    if (ended) stopRunning(ended);
    else running = requestAnimationFrame(frame);
  };
  remember();
  at("run").textContent = "Stop";
  for (const spoken of ["spoken", "learned"]) at(spoken).setAttribute("aria-live", "off"); // not sixty times a second
  running = requestAnimationFrame(frame);
}

const aim = () => (at("target").value.trim() === "" ? -Infinity : readField(at("target")));

// Why a run ends after a step; "" where it goes on.
function ending(step, begun) {
  const loss = pass.data[graph.root], missed = aim() > -Infinity ? ` and is not below ${number(aim())}` : "";
  begun.patience = loss < begun.lowest ? PATIENCE : begun.patience - 1;
  begun.lowest = Math.min(begun.lowest, loss);
  begun.steps++;
  if (pass.failed >= 0) return pass.failure;
  if (loss < aim()) return `${lossName} is below ${number(aim())}`;
  if (!Number.isFinite(loss)) return `${lossName} is ${number(loss)}: a smaller η may help`;
  if (Math.abs(loss - step.lossBefore) <= SETTLED * Math.abs(begun.loss)) return `${lossName} no longer changes${missed}`;
  if (!begun.patience) return `${lossName} was no lower in ${PATIENCE} steps${missed}: a smaller η may help`;
  return begun.steps < MOST_STEPS ? "" : `${MOST_STEPS} steps, ${lossName} still changes${missed}: press Run to go on`;
}

function stopRunning(reason) {
  if (!running) return;
  cancelAnimationFrame(running);
  running = 0;
  display();
  at("run").textContent = "Run";
  for (const spoken of ["spoken", "learned"]) at(spoken).setAttribute("aria-live", "polite");
  if (!reason) return;
  const isWrong = pass.failed >= 0 || !Number.isFinite(losses.at(-1));
  tell(`${reason.replace(/\.$/, "")}. ${lossName}: ${number(losses[0])} → ${number(losses.at(-1))} in ${counted(losses.length - 1)}`, { isWrong });
}

const counted = (steps) => `${steps} gradient step${steps === 1 ? "" : "s"}`;

function drawCurve() {
  if (!losses.length) return;
  const steps = losses.length - 1, points = sampled([...losses.keys()]).filter((step) => Number.isFinite(losses[step]));
  const heights = points.map((step) => losses[step]), high = Math.max(0, ...heights), low = Math.min(0, ...heights);
  const { left, right, top, bottom } = CURVE;
  const x = (step) => left + (right - left) * step / steps;
  const y = (loss) => bottom - (bottom - top) * (loss - low) / (high - low || 1);
  at("line").setAttribute("points", points.map((step) => `${x(step).toFixed(1)},${y(losses[step]).toFixed(1)}`).join(" "));
  at("dot").toggleAttribute("hidden", !points.length);
  at("dot").setAttribute("cx", x(points.at(-1) ?? 0));
  at("dot").setAttribute("cy", y(losses[points.at(-1)] ?? low));
  at("high").textContent = points.length ? number(high) : "";
  at("low").textContent = number(low);
  at("steps-taken").textContent = steps;
  at("curve").setAttribute("aria-label", `${lossName} over ${counted(steps)}: from ${number(losses[0])} to ${number(losses.at(-1))}`);
}

// At most so many of the items, evenly spaced, and the last.
function sampled(items, most = MOST_POINTS) {
  const stride = Math.ceil(items.length / most);
  return items.filter((_, i) => i % stride === 0 || i === items.length - 1);
}
