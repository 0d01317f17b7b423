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
