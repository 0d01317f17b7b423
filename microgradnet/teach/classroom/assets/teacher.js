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

function learnerRow({ name, points, given }, index, all) {
  return made("tr", {}, made("td", {}, name || `learner ${index + 1}`), made("td", { class: "counts" }, `${points} of ${all} right, ${given} given`));
}

async function count() {
  const found = await fetch("results").then((answer) => (answer.ok ? answer.json() : null), () => null);
  if (found === null) {
    at("count").textContent = "The server does not answer: start it again, and this page goes on.";
  } else {
    const all = found.learners.length;
    at("count").textContent = plural(all, "learner");
    const mistakes = found.mistakes.map((one) => mistakeItem(one, all));
    at("mistakes").replaceChildren(...(mistakes.length ? mistakes : [made("li", { class: "soft" }, "none so far")]));
    at("blanks").replaceChildren(...found.blanks.map((one) => blankRow(one, all)));
    at("learners").replaceChildren(...found.learners.map((one, index) => learnerRow(one, index, found.blanks.length)));
  }
  setTimeout(count, 1500);
}
count();
