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

// Light or dark by the notebook around the page, in place of the reader's own preference; without an argument, what a
// new picture brings is dressed as the rest.
const dressings = new WeakSet(); // the rules of style sheets that hold in the dark
let isWornDark = null;
function wear(dark = isWornDark) {
  if (dark === null) return;
  isWornDark = dark;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  for (const rule of [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])) {
    if (rule.media?.mediaText.includes("prefers-color-scheme: dark")) dressings.add(rule);
    if (dressings.has(rule)) rule.media.mediaText = dark ? "all" : "not all";
  }
}
