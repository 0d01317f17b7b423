// The playground: a program is run a moment after each change, and its graph appears beside it.
import { createEditor } from "./editor.js";
import { backend, isLocal } from "./backend.js";
import { isAddress, lost, named, pack, parts, unpack, withShown } from "./address.js";
import { post, put, shows } from "./frame.js";
import { keep, kepts, textOf, titled } from "./own.js";
import { download, fileOf } from "./saving.js";
import "./divider.js";

const at = (id) => document.getElementById(id);
const NEW = { name: "new", code: `from microgradnet import Value, parameter

x = Value(2.0, "x")
w = parameter(3.0, "w")
y = w * x
` };
const PAUSE = 500; // milliseconds without a key before the program is run
let timer = 0; // of the text that is not run yet; 0 for none
let running = 0, painting = false, latest = null, ready = false, programs = [];
let kept = false; // whether the graph stays, as when a number of it was changed
let warning = ""; // why the program is not the one that the address names
let opened = false; // whether another example was opened, of which the last graph is none
let carried = {}; // what the reader has set in the page of the graph, and its step, for the page of a changed program
let chosen = null; // the variable that the reader wants to see; null for the last result
let here = ""; // what the address names
let own = null; // which of the reader's programs is in the editor; null for one that the reader has not changed
let known = null; // its text as this tab read or kept it

const editor = createEditor(at("editor"), { changed, names: () => backend.names(), visited: (line) => post({ line }) });

// ---- running

function changed() {
  kept = false;
  warning = "";
  remember();
  clearTimeout(timer);
  timer = setTimeout(run, PAUSE);
}

// The reader's programs survive a reload, each in its tab, and can be chosen again, the latest first.
function remember() {
  if (own === null || textOf(own) !== known) own = `${Date.now()}${Math.random()}`; // another tab has changed that one
  known = editor.text();
  keep(own, known);
  setAddress(`own=${own}`);
  offer();
}

function offer() {
  at("own").replaceChildren(...titled().map(({ id, title }) => option(`own=${id}`, title)));
  at("own").hidden = !at("own").children.length;
  if (own) at("programs").value = `own=${own}`;
}

// Name the program, and the variable that the reader has chosen, in the address.
function setAddress(program) {
  here = program;
  history.replaceState(null, "", `#${withShown(program, chosen)}`);
}

const option = (value, textContent) => Object.assign(document.createElement("option"), { value, textContent });

async function run() {
  clearTimeout(timer);
  timer = 0;
  painting = false; // an animation is given up
  const number = ++running;
  const told = (text) => {
    if (number !== running) return;
    state(text);
    if (!ready) at("stage").textContent = text;
  };
  runs(true);
  at("error").classList.add("old"); // of the program before
  editor.show(0);
  const keeps = kept, code = editor.text();
  if (!keeps) at("graph").ariaBusy = true; // one whose numbers were changed has them already
  kept = false;
  let printed = "";
  const heard = (text) => {
    printed += text;
    if (number === running) at("output").textContent = printed;
  };
  const result = await backend.run({ code, shown: chosen }, heard, told);
  if (number !== running) return; // a later program is running
  ready = true;
  runs(false);
  at("output").textContent = printed;
  if (editor.text() === code) editor.place(result.leaves.map(({ place }) => place)); // else the program has changed meanwhile
  else if (!keeps) editor.place([]);
  show({ ...result, code }, keeps);
}

function runs(isRunning) {
  at("run").textContent = isRunning ? "Stop" : "Run";
}

const isRunning = () => at("run").textContent === "Stop";

function stop() {
  backend.stop();
  if (!painting) return;
  running += 1; // nobody waits for the animation any more
  rest("Stopped");
}

function rest(text = "") {
  painting = false;
  runs(false);
  state(text);
}

function show(result, kept) {
  const { error, isStopped, values, shown, page, note, leaves } = result;
  at("error").hidden = !error;
  at("error").classList.remove("old");
  at("error").textContent = error ? (error.line ? `Line ${error.line}: ` : "") + error.message : "";
  editor.mark(error);
  if (!page && opened) leave();
  opened = false;
  const keeps = kept && leaves.length === latest?.leaves.length;
  at("shown").replaceChildren(...values.map((name) => option(name, name)));
  at("shown").value = shown;
  at("shown").disabled = values.length < 2;
  const isOld = !page && Boolean(latest?.page); // a program without a graph leaves the last one, faded
  if (note || error || !keeps) remark([warning, note, isOld ? "Below is the graph of the previous program." : ""].filter(Boolean).join("\n"));
  at("graph").classList.toggle("old", isOld);
  at("graph").inert = isOld;
  if (page && !keeps) put(page, linked);
  else at("graph").ariaBusy = false;
  at("empty").hidden = Boolean(page || latest?.page);
  at("empty").textContent = error || isStopped ? `The program was stopped ${error ? "by an error " : ""}before it computed a graph.` : "This program computes no graph: there is nothing to draw.";
  if (page) latest = keeps ? { ...result, leaves: leaves.map((leaf, i) => ({ ...leaf, number: latest.leaves[i].number })) } : result;
  state(error ? "Stopped by an error" : isStopped ? "Stopped" : "");
}

// Leave the graph of another example.
function leave() {
  latest = null;
  put("", () => {});
}

function state(text) {
  at("state").textContent = text;
}

// ---- the page of the graph: its steps mark lines, its numbers change the program, and lines choose its steps

function linked() {
  dress();
  post({ ...carried, line: editor.line(), end: "forward" }); // the step of the line that is typed, if it makes one
  post({ numbers: latest.leaves.map((leaf) => leaf.number) }); // from now on it sends every change of them
}

// The graph is light or dark as this page is: see theme.js.
function dress() {
  if (isWornDark !== null) post({ dark: isWornDark });
}
addEventListener("themed", dress);

addEventListener("message", ({ source, data }) => {
  if (!shows(source) || !data || at("graph").inert) return;
  const { line, numbers, ...others } = data;
  if (line !== undefined) editor.show(line);
  Object.assign(carried, others);
  if (numbers) write(numbers);
});

// Numbers of the page, after a drag or a gradient step, in place of those of the program.
function write(numbers) {
  const changed = latest.leaves.map((leaf, i) => ({ ...leaf, i })).filter(({ number, i }) => number !== numbers[i]);
  latest.leaves.forEach((leaf, i) => { leaf.number = numbers[i]; });
  const placed = changed.filter(({ i }) => editor.isPlaced(i) && Number.isFinite(numbers[i]));
  const missing = changed.filter((leaf) => !placed.includes(leaf)).map(({ name }) => name);
  if (missing.length) {
    const names = `${missing.slice(0, 3).join(", ")}${missing.length > 3 ? ", …" : ""}`;
    remark(`The program computes or changes ${names}: only the picture has the new number${missing.length > 1 ? "s" : ""}.`);
  }
  if (!placed.length) return;
  editor.replace(placed.map(({ i }) => ({ i, text: inProgram(numbers[i]) })));
  if (own !== null) remember(); // an example whose numbers alone are changed is still that example
  kept = true;
  clearTimeout(timer);
  timer = setTimeout(run, PAUSE); // for the output
}

// A number that was typed in the page is written whole; that of a drag or a gradient step with six digits.
function inProgram(number) {
  return `${Number(number.toPrecision(12)) === number || isFraction(number) ? number : Number(number.toPrecision(6))}`;
}

// Whether a number may have been typed as one, 1/3.
function isFraction(number) {
  return Math.abs(number) < 1e6 && Array.from({ length: 1000 }, (_, i) => i + 1).some((below) => Math.round(number * below) / below === number);
}

function remark(text) {
  at("note").textContent = text;
  at("note").hidden = !text;
}

// ---- examples, address, saving

// The local playground's address is a secret, and opens on this machine alone: it copies what any address can end with.
async function share() {
  const packed = `code=${await pack(editor.text())}`, hash = `#${withShown(packed, chosen)}`;
  if (!isLocal) setAddress(packed);
  try {
    await navigator.clipboard.writeText(isLocal ? hash : location.href);
    remark(isLocal ? "The program is copied as the end of an address: append it to the address of any playground. Your own address opens on this machine alone." : "The address is copied: it holds the program, and opens it in any browser.");
  } catch {
    remark(`The browser copies nothing; copy the ${isLocal ? "program from the editor" : "address from the address bar: it holds the program"}.`);
  }
}

// The program or its graph as a file.
async function save() {
  const kind = at("save").value;
  at("save").value = "";
  if (!kind) return;
  const graph = at("graph").inert ? null : latest; // else it is that of the program before
  if (kind === "animation") return animation();
  const [name, content] = fileOf[kind](editor.text(), graph);
  if (content) download(name, content);
  else state(name);
}

// Both passes through the graph that is shown, as a file; a program that runs meanwhile ends that.
async function animation() {
  if (timer) await run();
  if (isRunning()) return state("The program is still running: save its animation when it has ended");
  if (at("graph").inert || !latest) return state("This program has no graph to save");
  const number = ++running;
  painting = true;
  runs(true);
  state("Drawing each step…");
  const seen = (i, count) => {
    if (number === running) state(`Painting picture ${i} of ${count}…`);
    return number === running;
  };
  try {
    const request = { code: latest.code, shown: latest.shown, animation: true };
    const answer = await backend.run(request, () => {}, () => {});
    if (number !== running) return;
    const { frames, note, error } = answer ?? {};
    if (!frames?.length) return rest(note || error?.message || "Stopped");
    const { animated } = await import("./animation.js");
    const gif = await animated(answer, seen);
    if (number !== running) return;
    download("pass.gif", gif);
    rest();
  } catch (error) {
    if (number === running) rest(`The animation could not be painted: ${error.message}`);
  }
}

// A program by its name in the address: an example's, own=…, or code=…; the first example where there is none such.
async function open(address) {
  own = null;
  let [program, shown] = parts(address);
  chosen = shown;
  carried = {};
  opened = true;
  warning = "";
  at("error").hidden = true;
  at("output").textContent = "";
  const kept = kepts().find(({ id }) => program === `own=${id}`);
  const shared = program.startsWith("code=") ? await unpack(program.slice(5)).catch(() => null) : null;
  const example = [NEW, ...programs].find((one) => one.name === program) ?? programs[0];
  if (kept) [own, known] = [kept.id, kept.text];
  else if (shared === null && program && program !== example.name) warning = `${lost(program)}. This is the first example.`;
  editor.set(kept?.text ?? shared ?? example.code);
  if (!kept && shared === null) program = example.name;
  at("programs").value = shared === null ? program : "";
  setAddress(program);
  if (!isLocal || shared === null) return run();
  clearTimeout(timer);
  timer = 0;
  running += 1; // an earlier program has nothing to say any more
  backend.stop();
  rest();
  ready = true;
  show({ leaves: [], values: [], shown: "", page: "", note: "" }, false);
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Run it", onclick: run });
  at("empty").replaceChildren("This program came in an address. Read it first: here it runs with your rights.", button);
}

async function start() {
  programs = await (await fetch("programs.json")).json();
  const groups = Map.groupBy(programs, ({ group }) => group);
  for (const [label, inside] of groups) {
    const group = Object.assign(document.createElement("optgroup"), { label });
    group.append(...inside.map(({ name, title }) => option(name, title)));
    at("programs").append(group);
  }
  offer();
  at("programs").addEventListener("change", () => open(at("programs").value));
  addEventListener("hashchange", () => open(named()));
  open(named() || (kepts().length ? `own=${kepts()[0].id}` : "")); // the reader's latest where nothing is named
}

// A shared address that is pasted into the editor is opened.
at("editor").addEventListener("paste", (event) => {
  const text = event.clipboardData.getData("text/plain").trim();
  if (!isAddress(text)) return;
  event.preventDefault();
  event.stopPropagation();
  location.hash = text.slice(text.indexOf("#"));
}, true);

at("shown").addEventListener("change", () => {
  chosen = at("shown").value;
  setAddress(here);
  run();
});
at("share").addEventListener("click", share);
at("save").addEventListener("change", save);
at("run").addEventListener("click", () => (isRunning() ? stop() : run()));
if (!isLocal) navigator.serviceWorker?.register("service.js"); // of https and of this machine alone
start();
