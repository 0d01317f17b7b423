// The editor: CodeMirror with Python, completion of microgradnet's names, an error at its line, and the line of a step.
// `npm ci && npm run bundles` in this folder makes ../assets/editor.js of it, whose last line has the sources' digest.
import { basicSetup } from "codemirror";
import { indentWithTab } from "@codemirror/commands";
import { autocompletion } from "@codemirror/autocomplete";
import { globalCompletion, localCompletionSource, pythonLanguage } from "@codemirror/lang-python";
import { HighlightStyle, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const setLine = StateEffect.define();
const lineOfStep = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(setLine)) {
        const { number } = effect.value;
        return number ? Decoration.set([Decoration.line({ class: "line-of-step" }).range(transaction.state.doc.line(number).from)]) : Decoration.none;
      }
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

// Where the numbers of the graph stand, {from, to} or null, as the program is changed. One that is edited has no place any
// more, until the program has run again.
const setPlaces = StateEffect.define(), setNumbers = StateEffect.define();
const placesOfNumbers = StateField.define({
  create: () => [],
  update(places, { changes, docChanged, effects }) {
    const set = effects.find((effect) => effect.is(setPlaces));
    if (set) return set.value;
    if (!docChanged) return places;
    const isOurs = effects.some((effect) => effect.is(setNumbers));
    return places.map((place) => (
      place && (isOurs || !changes.touchesRange(place.from, place.to)) ? { from: changes.mapPos(place.from, -1), to: changes.mapPos(place.to, 1) } : null
    ));
  },
});

const colours = HighlightStyle.define([ // light-dark() follows the reader's theme
  { tag: tags.keyword, color: "light-dark(#8c2462, #f2a6d2)" },
  { tag: [tags.number, tags.bool], color: "light-dark(#9a5b00, #e69f00)" },
  { tag: tags.string, color: "light-dark(#00639c, #56b4e9)" },
  { tag: tags.comment, color: "light-dark(#56636f, #a8b3bd)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.className], color: "light-dark(#06528a, #9fd4f7)" },
]);

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--card)" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--paper)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--soft) 12%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--focus) 30%, transparent) !important" },
  ".cm-tooltip": { backgroundColor: "var(--card)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--mark)", color: "var(--mark-ink)" },
});

// An editor in `parent`. `changed` is called after each change by the reader, `visited` with the number of the line that
// the cursor goes to; `names` returns the names for completion: {label, kind, about}. Enter completes one that was chosen
// by an arrow key; else it is a new line.
export function createEditor(parent, { changed, names, visited }) {
  let quiet = false, known = null;
  const isOfValue = ({ kind }) => kind === "method" || kind === "property";
  const ours = async (context) => {
    const word = context.matchBefore(/\w*/), dotted = context.matchBefore(/(?:[^\W\d]\w*|[)\]])\.\w*/);
    if (!word.text && !dotted && !context.explicit) return null;
    known ??= await names();
    const options = known.filter((name) => dotted || !isOfValue(name)) // what is not a Value's may be a module's
      .map((name) => ({ label: name.label, type: name.kind, info: name.about, boost: dotted && isOfValue(name) ? 1 : 0 }));
    return { from: word.from, options, validFor: /^\w*$/ };
  };
  const except = (source) => async (context) => { // those of ours, which have a docstring
    const found = source(context);
    if (!found) return null;
    known ??= await names();
    return { ...found, options: found.options.filter(({ label }) => !known.some((name) => name.label === label && !isOfValue(name))) };
  };
  const extensions = [
    basicSetup, EditorView.lineWrapping, pythonLanguage, syntaxHighlighting(colours), theme, lineOfStep, placesOfNumbers, indentUnit.of("    "), keymap.of([indentWithTab]),
    ...[ours, except(localCompletionSource), except(globalCompletion)].map((autocomplete) => pythonLanguage.data.of({ autocomplete })), autocompletion({ selectOnOpen: false }),
    EditorView.contentAttributes.of({ "aria-label": "Python program", spellcheck: "false" }),
    EditorView.updateListener.of((update) => {
      if (quiet) return;
      if (update.docChanged) changed();
      else if (update.selectionSet) visited(line());
    }),
  ];
  const view = new EditorView({ parent, extensions });
  const line = () => view.state.doc.lineAt(view.state.selection.main.head).number; // of the cursor
  const quietly = (change) => {
    quiet = true;
    view.dispatch(change);
    quiet = false;
  };
  const lineOf = (number) => (number >= 1 && number <= view.state.doc.lines ? view.state.doc.line(number) : null);
  return {
    line,
    text: () => view.state.doc.toString(),
    set: (text) => { // another program: undo does not lead back
      quietly({ changes: { from: 0, to: view.state.doc.length, insert: text } }); // closes what is open at places that go
      view.setState(EditorState.create({ doc: text, extensions }));
    },
    // Mark the line of an error {line, message}; none for null.
    mark: (error) => {
      const line = error && lineOf(error.line);
      const found = line ? [{ from: line.from, to: line.to, severity: "error", message: error.message }] : [];
      view.dispatch(setDiagnostics(view.state, found));
    },
    // Show the line of a step.
    show: (number) => quietly({ effects: setLine.of({ number: lineOf(number) ? number : 0 }) }),
    // The places of numbers, {line, start, end} or null: `replace` writes there, wherever they have moved.
    place: (places) => {
      const at = ({ line }, column) => view.state.doc.line(line).from + column;
      quietly({ effects: setPlaces.of(places.map((place) => place && { from: at(place, place.start), to: at(place, place.end) })) });
    },
    isPlaced: (i) => Boolean(view.state.field(placesOfNumbers)[i]),
    // Write numbers, [{i, text}], of those that have a place.
    replace: (numbers) => {
      const places = view.state.field(placesOfNumbers);
      quietly({ changes: numbers.map(({ i, text }) => ({ ...places[i], insert: text })), effects: setNumbers.of(null) });
    },
  };
}
