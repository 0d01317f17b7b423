// Marking answers as `grade` does, by the rules that Python writes into GRAPHS.

function isNear(answer, right, rounding = 0) {
  const least = right === 0 ? data.marking.absolute : answer === 0 ? data.marking.nothing : 0;
  return Math.abs(answer - right) <= Math.max(data.marking.relative * Math.abs(right), rounding, least);
}

// Whether an answer is right, but rounded to fewer digits than are needed.
function isRounded(answer, right) {
  const either = [right * (1 - data.marking.tie), right * (1 + data.marking.tie)];
  for (let digits = data.marking.digits - 1; digits > 0; digits -= 1) {
    if (either.some((x) => Number(x.toPrecision(digits)) === answer)) return true;
  }
  return false;
}

function isShort(x) {
  const shown = Number(x.toPrecision(data.marking.shown));
  return Math.abs(shown - x) <= 1e-12 * Math.max(Math.abs(shown), Math.abs(x));
}

// The numbers of a graph by rules, as `Numbers` computes them: [number, rounding] by the key of the quantity.
function numbersBy(graph, rules, given = new Map(), asked = new Set(), asShown = 0) {
  const { nodes, right } = graph, found = new Map(), numbers = [];
  const known = (key, computed, exact) => given.get(key) ?? (asked.has(key) ? computed : exact[asShown]);
  for (const [i, node] of nodes.entries()) {
    const key = `value ${i}`;
    if (!node.operands.length) {
      numbers.push(known(key, node.data[0], node.data));
      continue;
    }
    const x = node.operands.map((operand) => numbers[operand]);
    found.set(key, (rules.value[i] ?? right.value[i])(...x));
    numbers.push(known(key, found.get(key), node.data));
    const locals = (rules.local[i] ?? right.local[i])(numbers[i], ...x);
    node.positions.forEach((position, k) => found.set(`local derivative ${i},${position}`, locals[k]));
  }
  for (const [i, [number, rounding]] of gradientsBy(graph, rules, (key) => given.get(key) ?? found.get(key), known).entries()) {
    found.set(`gradient ${i}`, number);
    found.set(`rounding ${i}`, rounding);
  }
  return (key) => [found.get(key), key.startsWith("gradient") ? found.get(key.replace("gradient", "rounding")) : 0];
}

// A backward pass, as `steps` makes it: of each node the gradient, and how far from it rounding may lead.
function gradientsBy({ nodes, root }, rules, localOf, known) {
  const grads = nodes.map(({ operands, grad }) => (rules.leftOver === "all" || (rules.leftOver === "leaves" && !operands.length) ? grad[0] : 0));
  const results = nodes.map(() => [0, 0]), last = new Map();
  grads[root] = 1;
  results[root] = [1, 0];
  const order = rules.order ?? nodes.map((_, i) => i).filter((i) => nodes[i].operands.length).reverse();
  order.forEach((i, place) => nodes[i].positions.forEach((position) => last.set(nodes[i].operands[position], `${place},${position}`)));
  order.forEach((i, place) => {
    for (const position of nodes[i].positions) {
      const operand = nodes[i].operands[position], upstream = grads[i], local = localOf(`local derivative ${i},${position}`);
      const isForgotten = rules.forgotten?.[0] === i && rules.forgotten[1] === position;
      const contribution = rules.contribution(upstream, local);
      const after = isForgotten ? grads[operand] : rules.join(grads[operand], contribution);
      let [, rounding] = results[operand];
      if (!isForgotten && !(isShort(upstream) && isShort(local))) rounding += data.marking.rounding * Math.abs(contribution);
      results[operand] = [after, rounding];
      const isComplete = last.get(operand) === `${place},${position}`;
      grads[operand] = isComplete ? known(`gradient ${operand}`, after, nodes[operand].grad) : after;
    }
  });
  return results;
}

// The answers to the blanks of a graph, marked as `grade` marks them: of each its verdict, and the likeliest mistakes.
function marked(graph, blanks, texts) {
  const answers = texts.map((text) => (text.trim() === "" ? null : readNumber(text))), given = new Map();
  blanks.forEach(({ key }, i) => { if (Number.isFinite(answers[i])) given.set(key, answers[i]); });
  const asked = new Set(blanks.map(({ key }) => key)), none = new Map(), both = [0, 1];
  const right = both.map((asShown) => numbersBy(graph, graph.right, none, new Set(), asShown));
  const following = both.map((asShown) => numbersBy(graph, graph.right, given, asked, asShown));
  const isExplained = (several, key, answer = given.get(key)) => several.some((numbers) => isNear(answer, ...numbers(key)));
  const isCut = (key) => [right[0], following[0]].some((numbers) => isRounded(given.get(key), numbers(key)[0]));
  const keys = [...given.keys()], isWrong = !keys.every((key) => isExplained([...right, ...following], key) || isCut(key));
  const suspects = [], made = new Set();
  for (const [from, blanked] of [[given, asked], [none, asked], [none, new Set()]]) {
    const all = [...right, ...following, ...suspects.map(({ numbers }) => numbers)];
    if (keys.every((key) => isExplained(all, key))) break;
    for (const rules of graph.wrong) {
      const numbers = numbersBy(graph, rules, from, blanked);
      suspects.push({ name: rules.name, numbers, agreeing: keys.filter((key) => isExplained([numbers], key)).length });
    }
  }

  // What a wrong answer that no misconception explains may come from: a key of the slips.
  function slip(key, answer) {
    if (isExplained([...right, ...following], key, -answer)) return "sign";
    const [kind, i] = key.split(" ");
    return kind === "gradient" && isNear(answer, graph.nodes[i].data[0]) ? "value" : "unknown";
  }

  function mark(key, answer) {
    if (answer === null) return ["missing"];
    if (typeof answer === "string") return ["ambiguous"];
    if (!Number.isFinite(answer)) return ["no number"];
    if (isExplained(right, key)) return ["right"];
    if (isExplained(following, key)) return [isWrong ? (Math.abs(answer) < data.marking.absolute ? "unclear" : "follows") : "right"];
    if (isCut(key)) return ["rounded"];
    const fitting = suspects.filter(({ numbers }) => isExplained([numbers], key));
    if (!fitting.length) return ["wrong", [], slip(key, answer)];
    const most = Math.max(...fitting.map(({ agreeing }) => agreeing));
    const mistakes = [...new Set(fitting.filter(({ agreeing }) => agreeing === most).map(({ name }) => name))];
    if (made.has(mistakes[0]) && data.marking.oncePerPass.includes(mistakes[0])) return ["follows", [mistakes[0]]];
    made.add(mistakes[0]);
    return ["wrong", mistakes];
  }
  return blanks.map(({ key }, i) => {
    const [verdict, mistakes = [], slipped] = mark(key, answers[i]);
    return { verdict, mistakes, isRight: verdict === "right" || verdict === "follows", words: wordsFor(verdict, mistakes[0], slipped, answers[i], texts[i]) };
  });
}

// The first characters of a text: one that JavaScript writes as two halves, as an emoji, is kept or left out whole.
const cut = (text, most) => Array.from(text).slice(0, most).join("");
const inRoom = (text, most) => (cut(text, most) === text ? text : `${cut(text, most - 1)}…`);

// What is said of an answer without the number that is right.
function wordsFor(verdict, mistake, slipped, answer, given) {
  const text = inRoom(given, 60);
  switch (verdict) {
    case "follows": return "follows rightly from a mistake before";
    case "unclear": return "after an earlier 0, this shows nothing";
    case "rounded": return `rounded too far: give ${data.marking.digits} digits`;
    case "ambiguous": return `“${text}” is ambiguous: ${answer}`;
    case "no number": return `“${text}” is no number: write it as 0.25, −3 or 1/4`;
    case "wrong": return mistake ? data.marking.mistakes[mistake] : data.marking.slips[slipped];
    default: return "";
  }
}

// The blank in a picture: the texts with its number (a shared parameter has several, and each layout), and what they are empty.
function placeIn(picture, blank) {
  const texts = [...picture.querySelectorAll("text")].filter((one) => one.textContent.includes(`(${blank.number}) __`));
  return { texts, empty: texts[0]?.textContent };
}
