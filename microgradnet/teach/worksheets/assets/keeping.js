// What a reload finds again in the tab, and a new tab in the browser, where it keeps anything.
const itsName = () => `microgradnet ${location.pathname}`;

function keep(text) {
  history.replaceState(text, "");
  try { localStorage.setItem(itsName(), text); } catch { /* the tab has it */ }
}

function kept() {
  if (history.state) return history.state;
  try { return localStorage.getItem(itsName()) ?? ""; } catch { return ""; }
}
