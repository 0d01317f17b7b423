// What every page begins with.
"use strict";

const at = (id) => document.getElementById(id);
const data = JSON.parse(at("data").textContent);

// An element with these attributes and children.
function made(tag, attributes = {}, ...children) {
  return dressed(document.createElement(tag), attributes, children);
}

function dressed(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// The function that finds what has an id in a picture, as "n3"; several pictures of a page may have one.
function finder(svg) {
  return (id) => svg.querySelector(`#${CSS.escape(`${svg.classList[0]}-${id}`)}`);
}

const INDEX = /[₀-₉ᵢⱼ⁽⁾]/; // narrower than other characters
const CHARACTER = 7.83; // the width of one in a picture, in its units

// A row's text, condensed where a longer number than was laid out would leave its box.
function write({ text, room }, wanted) {
  if (text.textContent === wanted) return;
  text.textContent = wanted;
  text.removeAttribute("textLength");
  const isLong = wanted.length > room && (!INDEX.test(wanted) || text.getComputedTextLength() > room * CHARACTER);
  if (isLong) dressed(text, { textLength: room * CHARACTER, lengthAdjust: "spacingAndGlyphs" }, []);
}

const BREAKS = [["=", "+=", "→", "←", "+", "−"], ["·"]]; // not within brackets

// Writes an equation: a line ends before = or a term; within one before · only if it is longer than a line, and within a
// factor only if that is.
function writeEquation(element, text) {
  element.replaceChildren(...partsOf(text, BREAKS));
}

function partsOf(text, [breaks, ...finer]) {
  if (!breaks || !text) return [text];
  const parts = [], isBalanced = text.split("(").length === text.split(")").length; // a name may have one bracket
  let depth = 0; // of brackets
  for (const word of text.split(" ")) {
    if (!parts.length || (!(isBalanced && depth) && breaks.includes(word))) parts.push(word);
    else parts.push(`${parts.pop()} ${word}`);
    depth += word.split("(").length - word.split(")").length;
  }
  return parts.flatMap((part, i) => [i ? " " : "", made("span", {}, ...partsOf(part, finer))]);
}

// Saves a text as a file.
function download(name, text, type) {
  const link = made("a", { download: name, href: URL.createObjectURL(new Blob([text], { type })) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Where a pane is scrolled to for all boxes to be in view; without room for all, the first and what fits of the others.
function placeInView(pane, boxes) {
  const margin = 12, { left, top } = pane.getBoundingClientRect();
  const [first, ...others] = boxes.filter(Boolean).map((box) => box.getBoundingClientRect());
  if (!first) return null;
  const along = (low, high, start, length) => {
    const from = Math.min(first[low], ...others.map((box) => box[low])) - start - margin;
    const to = Math.max(first[high], ...others.map((box) => box[high])) - start - length + margin;
    if (from >= 0 && to <= 0) return 0;
    return Math.min(first[low] - start - margin, Math.max(first[high] - start - length + margin, (from + to) / 2));
  };
  return { left: pane.scrollLeft + along("left", "right", left, pane.clientWidth),
           top: pane.scrollTop + along("top", "bottom", top, pane.clientHeight) };
}
