
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

async function send() {
  if (isSending) return;
  isSending = true;
  const { name } = mine, sent = unsent();
  const [problem, all] = await fetch("answers", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...mine, answers: sent }) })
    .then(async (reply) => (reply.ok ? ["", await reply.json()] : [reply.status === 403 ? REFUSED : SILENT])).catch(() => [SILENT]);
  isSending = false;
  if (!problem) {
    arrived = { ...arrived, ...sent };
    adopt(all);
  }
  at("sent").textContent = problem || "✓ sent to your teacher";
  if (problem ? problem === SILENT : name !== mine.name || Object.keys(unsent()).length) setTimeout(send, problem ? 2000 : 0);
}

// Shows answers that were given in another tab, but where this one has others to send.
function adopt(others) {
  const now = answers(), own = unsent();
  const changes = Object.entries(others).filter(([number, text]) => !(number in own) && text !== (now[number] ?? ""));
  if (!changes.length) return;
  arrived = { ...arrived, ...Object.fromEntries(changes) };
  restore({ ...now, ...Object.fromEntries(changes) });
  keep(JSON.stringify(answers()));
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

addEventListener("storage", ({ key }) => {
  if (key === KEPT && remembered()?.learner !== mine.learner) location.reload(); // another learner begins
  if (key === itsName() && shared()) adopt(Object.fromEntries(blanks.map(({ number }) => [number, shared()[number] ?? ""])));
});
if (shared()) restore(shared()); // this tab may have missed some
at("name").value = mine.name;
remember(); // another tab is the same learner's
for (const blank of blanks) blank.input.addEventListener("change", changed);
at("name").addEventListener("change", changed);
at("other").addEventListener("click", beginAnew);
if (mine.name || Object.keys(answers()).length) changed(); // what a closed page could not send
