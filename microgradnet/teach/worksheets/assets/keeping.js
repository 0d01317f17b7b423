// What a reload finds again: kept by the browser or, where it refuses, in the address.
function keep(text) {
  try { localStorage.setItem(`microgradnet ${location.pathname}`, text); } catch { location.replace(`${location.href.split("#")[0]}#${encodeURIComponent(text)}`); }
}

function kept() {
  try { return localStorage.getItem(`microgradnet ${location.pathname}`) ?? ""; } catch { return decodeURIComponent(location.hash.slice(1)); }
}
