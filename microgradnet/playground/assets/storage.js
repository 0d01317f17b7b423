// What the browser keeps; one that refuses keeps nothing, as in a private window, or with all cookies blocked.
export function stored(name) {
  try { return localStorage.getItem(name); } catch { return null; }
}

export function store(name, text) {
  try { localStorage.setItem(name, text); } catch { /* nothing is kept */ }
}
