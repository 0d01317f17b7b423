
// The tabs of this browser share one record of what their learner has written: its version grows with each answer that is
// done, and the teacher's machine has the version `sent`. Every tab that is open sends the whole record until that is so.
// It is not `isDone` while an answer is typed: a tab that ends without a word leaves it so, and the next one sends it.

const KEPT = `microgradnet class ${location.pathname}`;
const SENT = "✓ sent to your teacher";
const SILENT = "not sent yet, but kept here: your teacher's machine does not answer";
const REFUSED = "not sent, but kept here: this class is full, or its address is another now; ask your teacher";
const RETRY = 2000; // milliseconds
let mine = stored() ?? newLearner(before()), isTyping = false, isSending = false, retry = 0;

function stored() {
  try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
}

function store(record) {
  try { localStorage.setItem(KEPT, JSON.stringify(record)); } catch { /* a private window keeps nothing */ }
}

function newLearner(answers) {
  const learner = Array.from(crypto.getRandomValues(new Uint8Array(12)), String).join("-");
  return { learner, name: "", answers, changes: {}, version: Object.keys(answers).length, sent: 0, isDone: true };
}

// The record as it is kept, and of what this tab knows the answers that were changed more often: a tab that writes at
// the very time at which another does has not read what that wrote, and takes its place.
function merged() {
  const now = stored() ?? mine;
  const lost = Object.keys(mine.changes ?? {}).filter((number) => mine.changes[number] > (now.changes?.[number] ?? 0));
  if (now.learner !== mine.learner || !lost.length) return now;
  const of = (known) => Object.fromEntries(lost.map((number) => [number, known[number]]));
  return {
    ...now, answers: { ...now.answers, ...of(mine.answers) }, changes: { ...now.changes, ...of(mine.changes) },
    version: Math.max(now.version, mine.version) + 1,
  };
}

// Changes the record, in which another tab may have written since, unless another learner has begun there.
function change(changed) {
  const now = merged();
  if (now.learner !== mine.learner) return;
  mine = { ...now, ...changed(now) };
  store(mine);
}

const textOf = ({ input }) => cut(input.value.trim(), 100);
const written = (blank) => ({ answers, changes }) => ({
  answers: { ...answers, [blank.number]: textOf(blank) }, changes: { ...changes, [blank.number]: (changes?.[blank.number] ?? 0) + 1 },
});
const finished = (changed) => (now) => ({ ...changed(now), version: now.version + 1, isDone: true });
const isSent = () => mine.sent >= mine.version;

function finish(changed) {
  isTyping = false;
  change(finished(changed));
  at("sent").textContent = "";
  send();
}

// Also while the page closes.
function post({ learner, name, answers, version }) {
  const body = JSON.stringify({ learner, name, answers, version });
  return fetch("answers", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body });
}

async function send() {
  if (isSending) return;
  isSending = true;
  const { version } = mine;
  const problem = await post(mine).then(({ ok, status }) => (ok ? "" : status < 500 ? REFUSED : SILENT), () => SILENT);
  isSending = false;
  if (!problem) change(({ sent }) => ({ sent: Math.max(sent, version) }));
  at("sent").textContent = problem || SENT;
  if (problem === SILENT) sendLater();
  else if (!problem && !isSent()) send();
}

// By then the tab in which it was written may have sent it.
function sendLater() {
  clearTimeout(retry);
  retry = setTimeout(() => { if (!isSent()) send(); }, RETRY);
}

// Shows what was written in another tab; what is typed in this one stays as it is.
function catchUp() {
  const now = merged();
  if (now.learner !== mine.learner) return location.reload();
  mine = now;
  if (mine.version > (stored()?.version ?? 0)) store(mine);
  const changed = blanks.filter((blank) => textOf(blank) !== (mine.answers[blank.number] ?? ""));
  for (const { number, input } of changed) input.value = mine.answers[number] ?? "";
  for (const blank of changed) mark(blank, true);
  if (document.activeElement !== at("name")) at("name").value = mine.name;
  if (!isSent()) sendLater();
  else if (mine.version) at("sent").textContent = SENT;
}

// The next learner at this machine begins with empty blanks.
function beginAnew() {
  if (!isSent()) return send();
  if (!confirm("Empty the blanks for another learner? Your answers stay with your teacher.")) return;
  keep("{}");
  store(newLearner({}));
  location.reload();
}

for (const blank of blanks) {
  blank.input.addEventListener("input", () => {
    isTyping = true;
    change((now) => ({ ...written(blank)(now), isDone: false }));
  });
  blank.input.addEventListener("change", () => finish(written(blank)));
}
at("name").addEventListener("change", () => finish(() => ({ name: at("name").value.trim() })));
at("other").addEventListener("click", beginAnew);
addEventListener("storage", ({ key }) => { if (key === KEPT) catchUp(); });
addEventListener("pageshow", catchUp); // a tab that slept has missed some
addEventListener("pagehide", () => {
  if (isTyping) change(finished(() => ({})));
  if (!isSent()) post(mine).catch(() => {});
});
store(mine); // another tab is the same learner's
if (mine.isDone === false) finish(() => ({}));
else if (mine.version) send(); // what a closed page could not send
