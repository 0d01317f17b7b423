// What a reload finds again in the tab, and a new tab in the browser, where it keeps anything.
const itsName = () => `microgradnet ${location.pathname}`;

function keep(text) {
  for (const store of [() => history.replaceState(text, ""), () => localStorage.setItem(itsName(), text)]) {
    try { store(); } catch { /* the other has it; some browsers allow a tab 100 states in 30 s */ }
  }
}

function kept() {
  if (history.state) return history.state;
  try { return localStorage.getItem(itsName()) ?? ""; } catch { return ""; }
}
