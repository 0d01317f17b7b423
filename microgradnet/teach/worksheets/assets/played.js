// The blanks as inputs: each answer is marked, and written into the picture.

const RIGHT = "✓ right", FOLLOWS = "✓ right so far", WRONG = "✗ not yet";
const CHANGED = "the number that it followed from has changed: compute it again";
const picture = document.querySelector(".picture"); // in two layouts, of which a window shows one
for (const svg of picture.querySelectorAll("svg")) {
  for (const side of ["width", "height"]) svg.style.setProperty(`--${side}`, `${svg.viewBox.baseVal[side]}pt`);
}
const blanks = data.blanks.map((blank) => ({ ...blank, hinted: 0, isRight: false, isDone: false, ...row(blank), ...placeIn(picture, blank) }));

function row(blank) {
  const id = `blank-${blank.number}`, label = made("label", { for: id, class: "name" }, `(${blank.number}) ${blank.name}\u00a0=`);
  const input = made("input", { id, inputmode: "text", autocomplete: "off", spellcheck: "false" });
  const hint = made("button", { type: "button", "aria-label": `Hint for ${blank.name}` }, "Hint");
  const verdict = made("p", { class: "verdict", role: "status", "aria-live": "polite" });
  at("blanks").append(made("li", {}, made("div", {}, label, input, hint), verdict));
  return { input, hint, verdict };
}

// While it is being typed, an answer is only ever right; once it is done it may be wrong, and others follow from it.
function mark(blank, isDone) {
  const marks = marked(GRAPHS[0], blanks, blanks.map(({ input }) => input.value));
  blank.isDone = isDone;
  for (const [i, each] of blanks.entries()) if (each === blank || isDone) show(each, marks[i]);
  score();
}

function show(blank, { verdict, mistakes, isRight, words }) {
  const written = blank.input.value.trim(), isWrong = blank.isDone && written !== "" && !isRight;
  const isUnexplained = verdict === "wrong" && !mistakes.length;
  if (verdict === "follows" && !mistakes.length) blank.followed = written;
  blank.isRight = isRight;
  blank.input.classList.toggle("right", isRight);
  blank.input.classList.toggle("wrong", isWrong);
  blank.input.setAttribute("aria-invalid", isWrong);
  blank.verdict.replaceChildren();
  if (verdict === "right") say(blank, RIGHT, `: ${blank.working.join("; ")}`);
  else if (isRight) say(blank, FOLLOWS, `: ${words}`);
  else if (isWrong && blank.followed === written) say(blank, WRONG, `: ${CHANGED}`);
  else if (isWrong) say(blank, WRONG, `: ${words}${isUnexplained && blank.hinted < blank.hints.length ? "; ask for a hint" : ""}`);
  const sign = isRight ? "✓" : isWrong ? "✗" : "";
  blank.inPicture = written && sign + written.replaceAll("-", "−");
  for (const text of blank.texts) text.textContent = filledIn(text, blank.empty);
  blank.hint.disabled = verdict === "right";
}

// A text of the picture with what is written for its blank, or for each of two.
function filledIn(text, empty) {
  const there = blanks.filter(({ texts, inPicture }) => inPicture && texts.includes(text));
  return there.reduce((filled, { number, inPicture }) => filled.replace(new RegExp(`(?<=\\(${number}\\) )__+`), (line) => inRoom(inPicture, line.length)), empty);
}

// The answers by the numbers of their blanks; a reload finds them again.
function answers() {
  return Object.fromEntries(blanks.map(({ number, input }) => [number, cut(input.value.trim(), 100)]).filter(([, text]) => text));
}

function before() {
  try { return JSON.parse(kept()) ?? {}; } catch { return {}; } // nothing was kept
}

function restore(texts) {
  for (const blank of blanks) {
    blank.input.value = typeof texts[blank.number] === "string" ? texts[blank.number] : "";
    blank.isDone = blank.input.value !== "";
  }
  mark(blanks[0], true);
}

// Of the texts of a blank the one in the layout that is shown.
function shownOf(blank) {
  return blank.texts.find((text) => text.getClientRects().length);
}

function say(blank, verdict, words) {
  blank.verdict.append(made("b", {}, verdict), words);
}

function score() {
  const right = blanks.filter((blank) => blank.isRight).length;
  at("score").textContent = `${right} of ${blanks.length} right` + (right === blanks.length ? ": all done" : "");
}

for (const blank of blanks) {
  blank.input.addEventListener("input", () => {
    mark(blank, false);
    keep(JSON.stringify(answers()));
  });
  blank.input.addEventListener("change", () => {
    mark(blank, true);
    keep(JSON.stringify(answers()));
  });
  blank.input.addEventListener("focus", () => {
    for (const text of blank.texts) text.classList.add("here");
    const place = placeInView(picture, [shownOf(blank)]);
    if (place) picture.scrollTo(place);
  });
  blank.input.addEventListener("blur", () => blank.texts.forEach((text) => text.classList.remove("here")));
  for (const text of blank.texts) {
    text.classList.add("blank");
    text.addEventListener("click", () => fillThere(blank, text));
  }
  blank.hint.addEventListener("click", () => {
    blank.verdict.querySelector(".hint")?.remove();
    blank.verdict.append(made("span", { class: "hint" }, `Hint: ${blank.hints[blank.hinted % blank.hints.length]}`));
    blank.hinted += 1;
    blank.input.focus();
  });
}

// A click on a blank in the picture: it is filled in where it stands. Enter goes on to the next, Escape leaves.
function fillThere(blank, text) {
  const box = text.getBoundingClientRect(), frame = picture.getBoundingClientRect();
  const there = made("input", { class: "there", "aria-label": `(${blank.number}) ${blank.name}`, autocomplete: "off" });
  there.style.left = `${box.right - frame.left + picture.scrollLeft}px`;
  there.style.top = `${(box.top + box.bottom) / 2 - frame.top + picture.scrollTop}px`;
  there.value = blank.input.value;
  there.addEventListener("input", () => {
    blank.input.value = there.value;
    blank.input.dispatchEvent(new Event("input"));
    there.classList.toggle("right", blank.isRight);
  });
  there.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    there.blur();
    const next = blanks.slice(blank.number).find((one) => !one.isRight && one.texts.length);
    if (event.key === "Enter" && next) fillThere(next, shownOf(next));
  });
  there.addEventListener("blur", () => {
    there.remove();
    blank.input.dispatchEvent(new Event("change"));
  });
  picture.append(there);
  there.focus();
}

// The table that `microgradnet grade` reads.
at("save").addEventListener("click", () => {
  const quoted = (text) => `"${String(text).replace(/"/g, '""')}"`;
  const rows = blanks.map((blank) => [data.sheet, blank.number, blank.name, blank.input.value.trim()]);
  const table = [["sheet", "blank", "quantity", "answer"], ...rows].map((cells) => cells.map(quoted).join(",") + "\n").join("");
  const [, number = ""] = location.pathname.match(/page(-[0-9]+)\.html$/) ?? [];
  download(`answers${number}.csv`, table, "text/csv");
});
restore(before());
