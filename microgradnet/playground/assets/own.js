// The reader's programs, which the browser keeps, the latest first.
import { store, stored } from "./storage.js";

const OWN = "microgradnet programs"; // the name under which it keeps them
const MOST_KEPT = 30;
const LONGEST = 40; // characters of a title

export function kepts() {
  try { return JSON.parse(stored(OWN)) ?? []; } catch { return []; }
}

export const textOf = (id) => kepts().find((one) => one.id === id)?.text;

export function keep(id, text) {
  store(OWN, JSON.stringify([{ id, text }, ...kepts().filter((one) => one.id !== id)].slice(0, MOST_KEPT)));
}

// Each with its title, which is its first line that is no import, often a comment; those of one title are numbered in the
// order in which they were begun.
export function titled() {
  const titles = kepts().map(({ id, text }) => ({ id, title: titleOf(text) }));
  return titles.map(({ id, title }) => {
    const earlier = titles.filter((other) => other.title === title && other.id < id).length; // an id begins with its time
    return { id, title: earlier ? `${title} (${earlier + 1})` : title };
  });
}

function titleOf(text) {
  const line = text.split("\n").find((one) => /[^\s#]/.test(one) && !/^\s*(from|import)\b/.test(one)) ?? "an empty program";
  return line.replace(/^[\s#]+/, "").trim().slice(0, LONGEST);
}
