// One question after the other: each number of the graph is asked for before it is shown.

const sections = [...document.querySelectorAll(".chapter")];
const chapters = data.chapters.map((chapter, index) => told(chapter, sections[index], index + 1));
let here = chapters[0];

// A chapter with its place on the page: `done` of its blanks are answered, `first` of them at the first try.
function told(chapter, section, number) {
  const svg = section.querySelector("svg");
  const button = made("button", { type: "button", title: chapter.title, "aria-label": chapter.title }, String(number));
  for (const side of ["width", "height"]) section.style.setProperty(`--${side}`, `${svg.viewBox.baseVal[side]}pt`);
  const all = [...svg.querySelectorAll("text")];
  const blanks = chapter.blanks.map((blank) => {
    const texts = all.filter((text) => text.textContent.includes(`(${blank.number}) __`));
    return { ...blank, texts, tries: 0, hinted: 0 };
  });
  at("chapters").append(button);
  return { ...chapter, section, button, blanks, done: 0, first: 0, log: [] };
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
  at("verdict").replaceChildren();
  ask();
}

function ask() {
  const blank = here.blanks[here.done];
  for (const text of document.querySelectorAll(".asked")) text.classList.remove("asked");
  at("form").hidden = !blank;
  at("next").hidden = Boolean(blank) || here === chapters[chapters.length - 1];
  if (!blank) return end();
  at("count").textContent = `Question ${here.done + 1} of ${here.blanks.length}`;
  at("question").textContent = `What will ${blank.name} be?`;
  at("answer").value = "";
  for (const text of blank.texts) text.classList.add("asked");
  blank.texts[0]?.scrollIntoView?.({ block: "nearest", inline: "nearest" });
}

function end() {
  const all = here.blanks.length;
  here.button.textContent = `✓ ${chapters.indexOf(here) + 1}`;
  say("The chapter is complete", `: ${here.first} of ${all} at the first try.`);
  at("next").textContent = `Next: ${chapters[chapters.indexOf(here) + 1]?.title}`;
  if (!at("next").hidden) at("next").focus();
}

function check() {
  const blank = here.blanks[here.done], { isRight, isNumber, why } = judged(blank, at("answer").value.trim());
  if (isRight) {
    here.first += blank.tries === 0;
    say("✓ right", `: ${blank.working.join("; ")}`);
    return reveal(blank);
  }
  blank.tries += isNumber;
  say("✗ not yet", `: ${why}`);
}

// The number is written into the picture, and its working below; the next one is asked for.
function reveal(blank) {
  for (const text of blank.texts) {
    text.textContent = text.textContent.replace(/\(\d+\) __+/, blank.shown);
    text.classList.add("known");
  }
  here.log.push(made("li", {}, blank.working.join("; ")));
  at("steps").append(here.log[here.log.length - 1]);
  here.done += 1;
  ask();
}

function say(verdict, words) {
  at("verdict").replaceChildren(made("b", {}, verdict), words);
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
  say("It is", ` ${blank.working.join("; ")}`);
  reveal(blank);
});
at("next").addEventListener("click", () => {
  open(chapters[chapters.indexOf(here) + 1]);
  at("chapter").focus();
});
for (const chapter of chapters) chapter.button.addEventListener("click", () => open(chapter));
open(here);
