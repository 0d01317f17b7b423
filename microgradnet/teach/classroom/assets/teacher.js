// What the class has answered, asked for again and again.

const KINDS = { right: ["right", "follows"], wrong: ["wrong", "unclear", "rounded"], unread: ["no number", "ambiguous"], missing: ["missing"] };
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function bar(kind, count, all) {
  const piece = made("span", { class: `bar-of ${kind}` });
  piece.style.width = `${all ? (100 * count) / all : 0}%`;
  piece.hidden = count === 0;
  return piece;
}

function blankRow({ number, name, verdicts }, all) {
  const counts = Object.entries(KINDS).map(([kind, of]) => [kind, of.reduce((sum, verdict) => sum + (verdicts[verdict] ?? 0), 0)]);
  const bars = made("td", { class: "bars", "aria-hidden": "true" }, ...counts.map(([kind, count]) => bar(kind, count, all)));
  const { right, wrong, unread } = Object.fromEntries(counts);
  return made("tr", {}, made("td", { class: "name" }, `(${number}) ${name}`), bars, made("td", { class: "counts" }, `${right} ✓ ${wrong} ✗${unread ? ` ${unread} ?` : ""}`));
}

function mistakeItem({ title, why, learners }, all) {
  return made("li", {}, made("b", {}, `${title}: ${learners}`), made("div", { "aria-hidden": "true" }, bar("wrong", learners, all)), made("p", {}, why));
}

// The rows of the learners stay, with the button that has the focus: an answer changes their texts alone.
const rows = new Map();

function learnerRow(learner) {
  const name = made("td"), counts = made("td", { class: "counts" }), button = made("button", { type: "button" }, "Remove");
  const row = { name, counts, button, element: made("tr", {}, name, counts, made("td", { class: "remove" }, button)), isAsked: false };
  button.addEventListener("click", ({ detail }) => {
    if (row.isAsked && detail < 2) remove(learner); // the second click of a double click is no answer
    else ask(row, true);
  });
  button.addEventListener("keydown", (event) => {
    if (event.repeat) event.preventDefault(); // neither is a key that is held
    else if (event.key === "Escape") ask(row, false);
  });
  button.addEventListener("blur", () => ask(row, false));
  return row;
}

function ask(row, isAsked) {
  if (row.isAsked === isAsked) return;
  row.isAsked = isAsked;
  row.button.classList.toggle("asked", isAsked);
  row.button.textContent = isAsked ? "Really?" : "Remove";
  if (isAsked) row.button.focus(); // not every browser does that
  label(row);
  at("removal").textContent = isAsked ? `Press again to remove ${row.name.textContent}, with all answers and mistakes.` : "";
}

function label({ name, button, isAsked }) {
  button.setAttribute("aria-label", `${isAsked ? "Really? Remove" : "Remove"} ${name.textContent}`);
}

async function remove(learner) {
  const { name, element, button } = rows.get(learner), next = element.nextElementSibling ?? element.previousElementSibling;
  const sent = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ learner }) };
  const isRemoved = await fetch("remove", sent).then(({ ok }) => ok, () => false);
  if (isRemoved && document.activeElement === button) (next?.querySelector("button") ?? at("roll")).focus();
  if (isRemoved) await show();
  at("removal").textContent = isRemoved ? `${name.textContent} is removed.` : "Not removed: the server does not answer.";
}

function showLearners(learners, all) {
  const here = new Set(learners.map(({ learner }) => learner));
  for (const [learner, { element }] of rows) {
    if (here.has(learner)) continue;
    rows.delete(learner);
    element.remove();
  }
  for (const [index, { learner, name, points, given }] of learners.entries()) {
    if (!rows.has(learner)) rows.set(learner, learnerRow(learner));
    const row = rows.get(learner);
    row.name.textContent = name || `learner ${index + 1}`;
    row.counts.textContent = `${points} of ${all} right, ${given} given`;
    label(row);
    if (!row.element.isConnected) at("learners").append(row.element);
  }
}

async function show() {
  const found = await fetch("results").then((answer) => (answer.ok ? answer.json() : null), () => null);
  if (found === null) {
    at("count").textContent = "The server does not answer: start it again, and this page goes on.";
  } else {
    const all = found.learners.length;
    at("count").textContent = plural(all, "learner") + (found.is_full ? ": the class is full; whom you remove makes room for another" : "");
    const mistakes = found.mistakes.map((one) => mistakeItem(one, all));
    at("mistakes").replaceChildren(...(mistakes.length ? mistakes : [made("li", { class: "soft" }, "none so far")]));
    at("blanks").replaceChildren(...found.blanks.map((one) => blankRow(one, all)));
    showLearners(found.learners, found.blanks.length);
  }
}

async function count() {
  await show();
  setTimeout(count, 1500);
}
count();
