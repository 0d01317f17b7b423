// Both passes at a step: the gradients so far, the current application, and whether they have diverged. Both sides show
// the same picture and the same place of it, at the same scale.

const last = Math.max(data.right.length, data.wrong.length);
const NONE = "—", NO_DATA = "Data are left out here: they are the same in both passes.";
const LEAST_FITTED = 0.77, LARGEST_FITTED = 1.5; // CSS pixels per unit of the picture; a larger picture is scrolled
const LEGIBLE = 1; // where text is as large, data are shown
const CUT = 0.75; // as good is what is cut at the side: its lines of text are
const ROOMIER = 1.05; // times as large must text be where one side stands over the other

const main = document.querySelector("main"), isNarrow = matchMedia("(max-width: 46rem)");
const sides = ["right", "wrong"].map((name) => {
  const element = at(name), pane = element.querySelector(".picture"), equation = element.querySelector(".equation > p");
  const layouts = [...pane.querySelectorAll("svg")].map((svg, layout) => {
    const find = finder(svg), rows = data.rows[layout].map(([box, row, of, word]) => {
      const text = find(`n${box}`).querySelectorAll("text")[row];
      return { of, text, word, room: text.textContent.length };
    });
    return { svg, find, rows };
  });
  return { element, steps: data[name], pane, equation, layouts, ...layouts[0] }; // of the layouts one is shown
});

// Underlines a number that differs, which ends a text after so many characters.
function mark(text, start) {
  if (text.firstElementChild) return;
  const part = document.createElementNS("http://www.w3.org/2000/svg", "tspan");
  part.classList.add("differs");
  part.append(text.firstChild.splitText(start));
  text.append(part);
}

for (const text of document.querySelectorAll("#wrong .local > text")) if (text.textContent.includes("≠")) mark(text, "∂ ".length);

let position = 0;

// The gradient of each value after so many steps of a side.
function gradients(side, count) {
  const found = new Map([[data.root, "1"]]);
  for (const step of side.steps.slice(0, count)) found.set(step.of, step.grad);
  return (value) => found.get(value) ?? NONE;
}

function show(step) {
  position = Math.max(0, Math.min(last, step));
  const right = gradients(sides[0], position), boxes = [];
  for (const side of sides) {
    const gradient = gradients(side, position), current = side.steps[position - 1];
    for (const row of side.rows) {
      const differs = gradient(row.of) !== right(row.of);
      write(row, `${row.word} ${gradient(row.of)}${differs ? " ≠" : ""}`);
      if (differs) mark(row.text, row.word.length + 1);
    }
    for (const old of side.element.querySelectorAll(".now, .partner")) old.classList.remove("now", "partner");
    if (current) {
      if (current.from !== current.to) side.find(`n${current.from}`)?.classList.add("partner");
      for (const id of [`n${current.to}`, current.edge, `l${current.edge}`]) if (id) side.find(id)?.classList.add("now"); // an arrow and its pill
      boxes.unshift(`n${current.to}`, `n${current.from}`);
    }
    writeEquation(side.equation, current ? current.text : position ? "(no more steps)" : "No gradient has been passed on yet.");
  }
  at("slider").value = position;
  at("place").textContent = `${position} of ${last}`;
  at("start").disabled = at("back").disabled = position === 0;
  at("step").disabled = at("end").disabled = position === last;
  at("verdict").textContent = data.parting < 0 || position > data.parting ? data.verdict : hasData(sides[0]) ? "" : NO_DATA;
  follow(boxes.length ? boxes : [`n${sides[0].steps[0].from}`]); // at the start, where the passes begin
}

// ---- one place in both pictures

// Scrolls the panes to where the boxes are; and the page to both panes where they are not in its window.
function follow(boxes) {
  const place = placeInView(sides[0].pane, boxes.map(sides[0].find));
  for (const { pane } of sides) if (place) pane.scrollTo(place);
  const { top, bottom } = main.getBoundingClientRect(), hidden = bottom - document.querySelector("footer").getBoundingClientRect().top;
  if (position && (hidden > 0 || top < 0)) scrollBy(0, Math.min(top, Math.max(hidden, Math.min(0, top))));
}

let scale = 1, isFitted = true, wantsData = null; // by the reader; null where the page may choose
function zoom(wanted, isFit = false) {
  isFitted = isFit;
  scale = Math.max(0.3, Math.min(4, wanted));
  const middles = sides.map(({ pane }) => [pane.scrollLeft + pane.clientWidth / 2, pane.scrollTop + pane.clientHeight / 2]);
  const [before] = sides.map(({ svg }) => svg.getBoundingClientRect().width);
  for (const [i, { svg, pane }] of sides.entries()) {
    const { width, height } = svg.viewBox.baseVal, times = width * scale / before;
    Object.assign(svg.style, { width: `${width * scale}px`, height: `${height * scale}px` });
    pane.scrollTo({ left: middles[i][0] * times - pane.clientWidth / 2, top: middles[i][1] * times - pane.clientHeight / 2 });
  }
}

const hasData = ({ layouts, svg }) => layouts.findIndex((one) => one.svg === svg) < data.full;

// The scale of a layout in the panes as they stand, and how good it is: how large its text is, and how much of it is seen.
function fitting(one) {
  const { width, height } = one.svg.viewBox.baseVal, { clientWidth, clientHeight } = sides[1].pane;
  const [across, down] = [(clientWidth - 1) / width, (clientHeight - 1) / height];
  const scale = Math.max(LEAST_FITTED, Math.min(LARGEST_FITTED, across, down));
  const seen = Math.min(1, across / scale) * Math.min(1, down / scale) * (across < scale ? CUT : 1);
  const wide = Math.max(scale, Math.min(LARGEST_FITTED, across)); // where it is scrolled down anyway
  return { scale: down < scale ? wide : scale, good: seen * (hasData({ ...sides[0], ...one }) ? scale : Math.min(LEGIBLE, scale)) };
}

// Shows one of the layouts on both sides.
function take(layout) {
  for (const side of sides) {
    Object.assign(side, side.layouts[layout]);
    for (const { svg } of side.layouts) svg.toggleAttribute("hidden", svg !== side.svg);
  }
}

// Side by side, or one over the other, and in the layout, in which text is the largest and most is seen.
function fit() {
  const [beside, over] = [false, true].map((isOver) => {
    main.classList.toggle("over", isOver || isNarrow.matches);
    const fits = sides[0].layouts.map((one, layout) => ({ isOver, layout, ...fitting(one) }));
    return fits.filter(({ layout }) => [null, layout < data.full].includes(wantsData)).reduce((a, b) => (b.good > a.good ? b : a));
  });
  const { isOver, scale, layout } = over.good > ROOMIER * beside.good ? over : beside;
  main.classList.toggle("over", isOver || isNarrow.matches);
  take(layout);
  at("withData").ariaPressed = hasData(sides[0]);
  zoom(scale, true);
  show(position);
}

for (const [i, { pane, layouts }] of sides.entries()) {
  const other = sides[1 - i];
  pane.addEventListener("scroll", () => other.pane.scrollTo({ left: pane.scrollLeft, top: pane.scrollTop }), { passive: true });
  pane.addEventListener("wheel", (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    zoom(scale * (event.deltaY < 0 ? 1.15 : 1 / 1.15));
  }, { passive: false });
  for (const { svg } of layouts) svg.addEventListener("pointerover", ({ target }) => { // a box that is pointed at is outlined in both
    const box = target.closest(".node"), index = [...svg.querySelectorAll(".node")].indexOf(box);
    for (const side of sides) side.svg.querySelectorAll(".node").forEach((one, k) => one.classList.toggle("linked", k === index));
  });
  pane.addEventListener("pointerleave", () => { for (const one of document.querySelectorAll(".linked")) one.classList.remove("linked"); });
}
const about = document.querySelector("details"), refit = () => { if (isFitted) fit(); };
addEventListener("resize", refit);
about.addEventListener("toggle", refit);
isNarrow.addEventListener("change", () => { about.open = !isNarrow.matches; });
about.open = !isNarrow.matches; // in a narrow window, both passes are seen before the words

// ---- buttons and keys

at("slider").max = last;
at("part").disabled = data.parting < 0;
at("withData").hidden = data.full === sides[0].layouts.length;
const targets = { start: () => 0, back: () => position - 1, step: () => position + 1, end: () => last, part: () => data.parting + 1 };
const actions = { smaller: () => zoom(scale / 1.25), larger: () => zoom(scale * 1.25), fit,
                  withData: () => { wantsData = !hasData(sides[0]); fit(); } };
for (const [id, target] of Object.entries(targets)) actions[id] = () => show(target());
for (const [id, action] of Object.entries(actions)) at(id).addEventListener("click", action);
at("slider").addEventListener("input", () => show(Number(at("slider").value)));
const keys = { ArrowLeft: "back", ArrowRight: "step", Home: "start", End: "end", "+": "larger", "-": "smaller", 0: "fit" };
document.addEventListener("keydown", (event) => {
  if (event.target.id === "slider" || event.altKey || event.ctrlKey || event.metaKey || !keys[event.key]) return;
  event.preventDefault();
  actions[keys[event.key]]();
});
fit();
