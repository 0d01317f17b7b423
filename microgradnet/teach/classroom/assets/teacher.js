// What the class has answered, asked for again and again.

const RIGHT = ["right", "follows"];
const sum = (numbers) => numbers.reduce((all, one) => all + one, 0);
const plural = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

function bar(kind, count, all) {
  const piece = made("span", { class: `bar-of ${kind}` });
  piece.style.width = `${all ? (100 * count) / all : 0}%`;
  piece.hidden = count === 0;
  return piece;
}

function blankRow({ number, name, verdicts }, all) {
  const right = sum(RIGHT.map((one) => verdicts[one] ?? 0)), missing = verdicts.missing ?? 0;
  const wrong = all - right - missing;
  const bars = made("td", { class: "bars", "aria-hidden": "true" }, bar("right", right, all), bar("wrong", wrong, all), bar("missing", missing, all));
  return made("tr", {}, made("td", { class: "name" }, `(${number}) ${name}`), bars, made("td", { class: "counts" }, `${right} ✓ ${wrong} ✗`));
}

function mistakeItem({ title, why, learners }, all) {
  return made("li", {}, made("b", {}, `${title}: ${learners}`), made("div", { "aria-hidden": "true" }, bar("wrong", learners, all)), made("p", {}, why));
}

function learnerRow({ name, points, given }, index, all) {
  return made("tr", {}, made("td", {}, name || `learner ${index + 1}`), made("td", {}, `${points} of ${all} right, ${given} given`));
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
