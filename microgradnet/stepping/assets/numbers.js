// The numbers that can be changed: a slider for each, or, of many, a table and a slider for the chosen one.

const MOST_SLIDERS = 40;
const MOST_CELLS = 2000;
const FIELD = 9; // characters for which a field has room
const inputs = leaves.filter((i) => graph.nodes[i].kind !== "parameter");
const isTable = leaves.length > MOST_SLIDERS;
let chosen = -1; // of the table

function focusLeaf(leaf) {
  if (isTable && chosen !== leaf) choose(leaf);
  at(`leaf${leaf}`).focus();
}

// Before a new change: remember the leaves' numbers and the curve for "Undo".
function remember() {
  undone.push({ numbers: leaves.map((i) => graph.nodes[i].data), losses, length: losses.length });
}

function set(numbers) {
  leaves.forEach((i, k) => { graph.nodes[i].data = numbers[k]; });
  compute();
  clearStep();
  display();
}

function display() {
  at("undo").disabled = !undone.length;
  showLeaves();
  drawCurve();
  drawPlot();
  render(false);
  announceNumbers();
}

function changeLeaf(leaf, x, isNew = true) {
  stopRunning();
  if (isNew) remember();
  losses = [];
  set(leaves.map((i) => (i === leaf ? x : graph.nodes[i].data)));
}

const typeset = (x) => `${x}`.replaceAll("-", "−");

// With six digits, or as many as there is room for.
function shortest(x) {
  return typeset([6, 5, 4, 3].map((digits) => `${Number(x.toPrecision(digits))}`).find((text) => text.length <= FIELD) ?? x.toExponential(2));
}

// A field shows a number in short, and all its digits while it has the focus or is pointed at.
function showLeaves() {
  for (const cell of document.querySelectorAll("#leaves .cell")) writeIn(cell.children[1], number(graph.nodes[cell.dataset.cell].data));
  for (const input of document.querySelectorAll("#numbers input")) {
    const x = graph.nodes[input.dataset.leaf].data, near = Number.isFinite(x) ? x : 0; // a field shows finite numbers
    if (input.type === "range" && (!input.min || near < Number(input.min) || near > Number(input.max))) {
      const reach = Math.max(1, 2 * Math.abs(near));
      input.min = near - reach;
      input.max = near + reach;
    }
    if (input.type === "range") input.value = near;
    else if (near !== x) [input.value, input.placeholder] = ["", number(x)];
    else if (document.activeElement !== input) input.value = shortest(x);
    else if (readNumber(input.value) !== x) input.value = typeset(x);
    input.title = typeset(x);
    input.removeAttribute("aria-invalid");
  }
}

// The finite number in a field; NaN where it holds none that fits, and the field is marked.
function readField(field, fits = () => true) {
  const x = readNumber(field.value);
  if (Number.isFinite(x) && fits(x)) return x;
  field.setAttribute("aria-invalid", "true");
  return NaN;
}

// What is said of a text that is no finite number.
function refusalOf(text) {
  const instead = readNumber(text);
  if (typeof instead === "string") return `“${text}” is ambiguous: ${instead}`;
  return `${text.trim() ? `“${text}” is no number` : "its field is empty"}; write it as 0.25, −3 or 1/3`;
}

// The gradients in the table after the current step; a dash where it has none yet.
function showGradients(grad) {
  for (const cell of document.querySelectorAll("#leaves .cell")) {
    const x = grad[cell.dataset.cell];
    writeIn(cell.lastChild, x === null ? "—" : number(x));
  }
}

function writeIn(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// The field and the slider of a leaf.
function editorOf(leaf) {
  const { name } = graph.nodes[leaf], id = `leaf${leaf}`;
  const typed = made("input", { id, type: "text", autocomplete: "off", spellcheck: "false", "data-leaf": leaf });
  const drag = made("input", { type: "range", step: "any", "data-leaf": leaf, "aria-label": `slider of ${name}` });
  let isNew = true; // one undo per drag and per typed number
  const changed = (x) => {
    changeLeaf(leaf, x, isNew);
    isNew = false;
  };
  typed.addEventListener("focus", () => {
    const x = graph.nodes[leaf].data;
    if (!typed.ariaInvalid) typed.value = Number.isFinite(x) ? typeset(x) : "";
    typed.select(); // a new text has no selection, and what is typed would follow it
  });
  typed.addEventListener("input", () => {
    const x = readNumber(typed.value);
    if (Number.isFinite(x)) changed(x);
  });
  typed.addEventListener("change", () => { // until then it may be the beginning of a number
    if (Number.isFinite(readField(typed))) return;
    showMessage(`${name}: ${refusalOf(typed.value)}. It is still ${typeset(graph.nodes[leaf].data)}`, typed);
  });
  typed.addEventListener("blur", () => { if (!typed.ariaInvalid) showLeaves(); });
  drag.addEventListener("input", () => changed(Number(drag.value)));
  for (const input of [typed, drag]) input.addEventListener("change", () => { isNew = true; });
  return made("div", { class: "leaf" }, made("label", { class: "name", for: id, title: name }, name), drag, typed);
}

// A row of the table: a name, its number and its gradient. A click chooses it.
function cellOf(leaf) {
  const { name } = graph.nodes[leaf], cell = made("button", { type: "button", class: "cell", "data-cell": leaf, title: name });
  cell.append(...["name", "code data", "code grad"].map((kind) => made("span", { class: kind }, kind === "name" ? name : "")));
  cell.addEventListener("click", () => focusLeaf(leaf));
  return cell;
}

// "inputs", "parameters", or of a network that is listed as a table, "layer 1".
function headingOf(leaf) {
  const { name, kind } = graph.nodes[leaf], layer = isTable && kind === "parameter" && /⁽(.+?)⁾/.exec(name.normalize("NFC"))?.[1];
  return layer ? `layer ${layer.normalize("NFKC")}` : `${kind}s`;
}

function choose(leaf) {
  chosen = leaf;
  showMessage(pass?.failure ?? ""); // one may stand beside the field that goes
  at("chosen").replaceChildren(editorOf(leaf));
  for (const cell of document.querySelectorAll("#leaves .cell")) cell.setAttribute("aria-pressed", Number(cell.dataset.cell) === leaf);
  showLeaves();
}

function undo() {
  stopRunning();
  if (!undone.length) return;
  const { numbers, length, ...was } = undone.pop();
  losses = was.losses;
  losses.length = length;
  set(numbers);
}


function listNumbers() {
  const listed = [...inputs, ...leaves.filter((i) => !inputs.includes(i))].slice(0, isTable ? MOST_CELLS : MOST_SLIDERS);
  at("leaves").classList.toggle("table", isTable);
  if (isTable) at("leaves").append(made("p", { class: "columns hint" }, ...["name", "data", "grad"].map((word) => made("span", {}, word))));
  let heading = "";
  for (const leaf of listed) {
    if (heading !== headingOf(leaf)) at("leaves").append(made("h3", {}, heading = headingOf(leaf)));
    at("leaves").append(isTable ? cellOf(leaf) : editorOf(leaf));
  }
  if (leaves.length > listed.length) at("leaves").append(made("p", { class: "hint" }, `… and ${leaves.length - listed.length} more: click a box, or find one by its name`));
  if (isTable) choose(listed.find((leaf) => current.boxes[leaf]) ?? listed[0]); // one that is drawn
}
