// What a reload finds again in the tab, and a new tab in the browser, where it keeps anything.
const ITS_NAME = `microgradnet ${location.pathname}`;

function keep(text) {
  history.replaceState(text, "");
  try { localStorage.setItem(ITS_NAME, text); } catch { /* the tab has it */ }
}

function kept() {
  if (history.state) return history.state;
  try { return localStorage.getItem(ITS_NAME) ?? ""; } catch { return ""; }
}
