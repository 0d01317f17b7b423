// One question after the other: each number of the graph is asked for before it is shown.

const sections = [...document.querySelectorAll(".chapter")];
const chapters = data.chapters.map((chapter, index) => chapterOf(chapter, sections[index], index + 1));
let here;

// A chapter with its place on the page: `done` of its blanks are answered, `first` of them at the first try.
function chapterOf(chapter, section, number) {
  const svg = section.querySelector("svg");
  const button = made("button", { type: "button", title: chapter.title, "aria-label": chapter.title });
  for (const side of ["width", "height"]) section.style.setProperty(`--${side}`, `${svg.viewBox.baseVal[side]}pt`);
  const blanks = chapter.blanks.map((blank) => ({ ...blank, ...placeIn(svg, blank) }));
  at("chapters").append(button);
  return begun({ ...chapter, graph: GRAPHS[number - 1], section, button, number, blanks });
}

// The chapter before its first question.
function begun(chapter) {
  for (const blank of chapter.blanks) Object.assign(blank, { tries: 0, hinted: 0 });
  chapter.button.textContent = String(chapter.number);
  return Object.assign(chapter, { done: 0, first: 0, log: [] });
}

function open(chapter) {
  here = chapter;
  for (const each of chapters) {
    each.section.hidden = each !== chapter;
    if (each === chapter) each.button.setAttribute("aria-current", "page");
    else each.button.removeAttribute("aria-current");
  }
  at("chapter").textContent = chapter.title;
  at("steps").replaceChildren(...chapter.log);
  at("answered").replaceChildren();
  ask();
}

function ask() {
  const blank = here.blanks[here.done];
  for (const text of document.querySelectorAll(".asked")) text.classList.remove("asked");
  remember();
  at("form").hidden = !blank;
  at("again").hidden = here.done === 0;
  at("next").hidden = Boolean(blank) || here === chapters[chapters.length - 1];
  at("verdict").replaceChildren();
  if (!blank) return end();
  const isBackward = ({ key }) => key.startsWith("gradient");
  at("phase").textContent = isBackward(blank) ? "Backward: each gradient from those after it" : "Forward: each value from those before it";
  at("terms").hidden = here.blanks.find(isBackward) !== blank;
  at("count").textContent = `Question ${here.done + 1} of ${here.blanks.length}, to ${data.marking.digits} digits`;
  at("question").textContent = `What will ${blank.name} be?`;
  at("answer").value = "";
  for (const text of blank.texts) text.classList.add("asked");
  blank.texts[0]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}

function end() {
  const all = here.blanks.length;
  say("The chapter is complete", `: ${here.first} of ${all} at the first try.`);
  at("next").textContent = `Next: ${chapters[here.number]?.title}`;
  at(at("next").hidden ? "again" : "next").focus(); // not the form, which is gone
}

function check() {
  const blank = here.blanks[here.done], text = at("answer").value.trim();
  const { verdict, isRight, words } = marked(here.graph, [blank], [text])[0];
  if (verdict === "missing") return say("Write a number", ", or press Hint.");
  if (isRight) {
    here.first += blank.tries === 0;
    return reveal(blank, "✓ right");
  }
  blank.tries += verdict === "wrong";
  say("✗ not yet", `: ${words}`);
}

// The number is written into the picture, and its working below; the next one is asked for below what is said of this one.
function reveal(blank, verdict) {
  at("answered").replaceChildren(`Question ${here.done + 1}, ${blank.name}: `, made("b", {}, verdict), `: ${blank.working.join("; ")}`);
  uncover(here, blank);
  at("steps").append(here.log[here.log.length - 1]);
  ask();
}

function uncover(chapter, blank) {
  for (const text of blank.texts) {
    text.textContent = blank.empty.replace(/\(\d+\) __+/, blank.shown);
    text.classList.add("known");
  }
  chapter.log.push(made("li", {}, blank.working.join("; ")));
  chapter.done += 1;
  if (chapter.done === chapter.blanks.length) chapter.button.textContent = `✓ ${chapter.number}`;
}

function startAgain() {
  for (const { texts, empty } of here.blanks) {
    for (const text of texts) {
      text.textContent = empty;
      text.classList.remove("known");
    }
  }
  open(begun(here));
  at("answer").focus();
}

// ---- where the reader is, to be found after a reload

function remember() {
  keep([here.number, ...chapters.flatMap(({ done, first }) => [done, first])].join("-"));
}

// The chapter where the reader is, after all that was answered has been written; without a record the first.
function resumed() {
  const [number, ...counts] = (kept().match(/^\d+(-\d+)+$/)?.[0] ?? "").split("-").map(Number);
  if (counts.length !== 2 * chapters.length) return chapters[0];
  for (const [i, chapter] of chapters.entries()) {
    for (const blank of chapter.blanks.slice(0, counts[2 * i])) uncover(chapter, blank);
    chapter.first = Math.min(counts[2 * i + 1], chapter.done);
  }
  return chapters[number - 1] ?? chapters[0];
}

function say(verdict, words) {
  at("verdict").replaceChildren(made("b", {}, verdict), words);
  at("verdict").scrollIntoView?.({ block: "nearest" });
}

at("form").addEventListener("submit", (event) => {
  event.preventDefault();
  check();
  if (!at("form").hidden) at("answer").focus();
});
at("hint").addEventListener("click", () => {
  const blank = here.blanks[here.done];
  blank.tries += 1;
  say("Hint", `: ${blank.hints[blank.hinted % blank.hints.length]}`);
  blank.hinted += 1;
  at("answer").focus();
});
at("show").addEventListener("click", () => {
  const blank = here.blanks[here.done];
  reveal(blank, "shown");
});
at("next").addEventListener("click", () => {
  open(chapters[here.number]);
  at("chapter").focus();
});
for (const chapter of chapters) chapter.button.addEventListener("click", () => open(chapter));
at("again").addEventListener("click", startAgain);
open(resumed());
