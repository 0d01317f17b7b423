
// What is written goes to the teacher's machine, again and again until it has arrived, and comes back after a reload:
// with what the learner has written in other tabs.

const KEPT = `microgradnet learner ${location.pathname}`;
const mine = remembered() ?? { learner: Array.from(crypto.getRandomValues(new Uint8Array(12)), String).join("-"), name: "" };
const SILENT = "not sent yet, but kept here: your teacher's machine does not answer";
const REFUSED = "not sent, but kept here: this class is full, or its address is another now; ask your teacher";
let isSending = false, arrived = {}; // the answers that are at the teacher's

function remembered() {
  try { return JSON.parse(localStorage.getItem(KEPT)); } catch { return null; }
}

function remember() {
  mine.name = at("name").value.trim();
  try { localStorage.setItem(KEPT, JSON.stringify(mine)); } catch { /* a private window keeps nothing */ }
}

function changed() {
  remember();
  send();
}

// The answers that have changed since, "" for one that was taken back: another tab may have sent others.
function unsent() {
  const now = answers();
  return Object.fromEntries(blanks.map(({ number }) => [number, now[number] ?? ""]).filter(([number, text]) => text !== (arrived[number] ?? "")));
}

// Also sent while the page closes.
function post(answers) {
  return fetch("answers", { method: "POST", keepalive: true, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...mine, answers }) });
}

async function send() {
  if (isSending) return;
  isSending = true;
  const { name } = mine, sent = unsent();
  const [problem, all] = await post(sent)
    .then(async (reply) => (reply.ok ? ["", await reply.json()] : [reply.status === 403 ? REFUSED : SILENT])).catch(() => [SILENT]);
  isSending = false;
  if (!problem) {
    arrived = { ...arrived, ...sent };
    if (adopt(all)) keep(JSON.stringify(answers()));
  }
  at("sent").textContent = problem || "✓ sent to your teacher";
  if (problem ? problem === SILENT : name !== mine.name || Object.keys(unsent()).length) setTimeout(send, problem ? 2000 : 0);
}

// Shows answers that were given in another tab, but where this one has others to send; whether there were any.
function adopt(others) {
  const now = answers(), own = unsent();
  const changes = Object.entries(others).filter(([number, text]) => !(number in own) && text !== (now[number] ?? ""));
  if (!changes.length) return false;
  arrived = { ...arrived, ...Object.fromEntries(changes) };
  restore({ ...now, ...Object.fromEntries(changes) });
  return true;
}

// What the tabs of this browser share.
function shared() {
  try { return JSON.parse(localStorage.getItem(itsName())); } catch { return null; }
}

// The next learner at this machine begins with empty blanks.
function beginAnew() {
  if (Object.keys(unsent()).length) return send();
  if (!confirm("Empty the blanks for another learner? Your answers stay with your teacher.")) return;
  try { localStorage.removeItem(KEPT); } catch { /* nothing is kept */ }
  keep("{}");
  location.reload();
}

// What another tab has written shows here; it is not kept again, as that tab may have written more meanwhile.
addEventListener("storage", ({ key }) => {
  const { learner, name } = remembered() ?? {};
  if (key === KEPT && learner !== mine.learner) location.reload(); // another learner begins
  else if (key === KEPT && name !== mine.name) at("name").value = mine.name = name;
  if (key === itsName() && shared()) adopt(Object.fromEntries(blanks.map(({ number }) => [number, shared()[number] ?? ""])));
});
if (shared()) restore(shared()); // this tab may have missed some
at("name").value = mine.name;
remember(); // another tab is the same learner's
for (const blank of blanks) blank.input.addEventListener("change", changed);
at("name").addEventListener("change", changed);
at("other").addEventListener("click", beginAnew);
addEventListener("pagehide", () => { if (Object.keys(unsent()).length) post(unsent()).catch(() => {}); }); // other tabs take it for sent
if (mine.name || Object.keys(answers()).length) changed(); // what a closed page could not send
