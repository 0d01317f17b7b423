// Light or dark by the notebook or book around the page, which sends {dark}, in place of the reader's own preference;
// without an argument, what a new picture brings is dressed as the rest.
const dressings = new WeakSet(); // the rules of style sheets that hold in the dark
let isWornDark = null;
function wear(dark = isWornDark) {
  if (dark === null) return;
  isWornDark = dark;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  for (const rule of [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules])) {
    if (rule.media?.mediaText.includes("prefers-color-scheme: dark")) dressings.add(rule);
    if (dressings.has(rule)) rule.media.mediaText = dark ? "screen" : "not all";
  }
  dispatchEvent(new Event("themed"));
}
addEventListener("message", ({ source, data: message }) => {
  if (source === parent && parent !== window && message?.dark !== undefined) wear(message.dark);
});
