// Reading and comparing numbers as `tolerance` does, and what is wrong with an answer.

// What is written as a number, by the patterns that marking reads by: a number, NaN, or what to write instead.
function read(text) {
  const { longest, plain, named, written, thousands } = data.reading;
  if (text.length > longest) return NaN;
  let number = text.replace(/[¼-¾⅐-⅞]/g, " $&").replace(/[⁺⁻]?[⁰¹²³⁴-⁹]+/g, "^$&").normalize("NFKC");
  number = Array.from(number, (sign) => plain[sign] ?? sign).join("").replace(/\s+/g, " ").trim();
  number = number.replace(new RegExp(named), "");
  if (number.startsWith("(") && number.endsWith(")")) number = number.slice(1, -1).trim();
  const parts = number.match(new RegExp(written, "i"));
  if (!parts) return NaN;
  const [, sign, whole, above, below, percent] = parts;
  const ambiguous = (above.match(thousands) ?? (below ?? "").match(thousands) ?? [])[0];
  if (ambiguous) return `write ${["", "."].map((to) => sign + ambiguous.replace(",", to)).join(" or ")}`;
  return (sign === "-" ? -1 : 1) * (Number(whole ?? 0) + value(above) / value(below ?? "1")) / (percent ? 100 : 1);
}

function value(part) {
  const [mantissa, exponent] = part.replace(new RegExp(data.reading.grouping, "g"), "").replace(",", ".").split("10**");
  return Number(exponent === undefined ? mantissa : `${mantissa.replace(/[*x]$/i, "") || 1}e${exponent.replace(/[()]/g, "")}`);
}

function isNear(answer, right, rounding = 0) {
  const least = right === 0 ? data.zero.absolute : answer === 0 ? data.zero.nothing : 0;
  return Math.abs(answer - right) <= Math.max(data.tolerance * Math.abs(right), rounding, least);
}

// How many digits of a right answer there are in one that is rounded too far, a half up or down; 0 if it is not that.
function digitsGiven(answer, right) {
  const around = [right * (1 - data.zero.absolute), right * (1 + data.zero.absolute)];
  for (let digits = data.digits - 1; digits > 0; digits -= 1) {
    if (around.some((near) => Number(near.toPrecision(digits)) === answer)) return digits;
  }
  return 0;
}

// Whether what is written for a blank is right, else why not; it is wrong if writing it otherwise would not do.
function judged(blank, text) {
  const answer = read(text), not = (why, isWrong = false) => ({ isRight: false, isWrong, why });
  if (blank.answers.some((right) => isNear(answer, right, blank.rounding))) return { isRight: true, isWrong: false };
  if (typeof answer === "string") return not(`ambiguous: ${answer}`);
  if (!Number.isFinite(answer)) return not("that is no number; write it as 0.25, −3 or 1/4");
  const mistake = blank.mistakes.find((one) => isNear(answer, one.answer));
  const digits = Math.max(...blank.answers.map((right) => digitsGiven(answer, right)));
  if (digits > 1 || (digits && !mistake)) return not(`rounded too far: give ${data.digits} digits`);
  return not(mistake?.words ?? "ask for a hint", true);
}

// The blank in a picture: the texts with its number (a shared parameter has several), and what they are empty.
function placeIn(svg, blank) {
  const texts = [...svg.querySelectorAll("text")].filter((one) => one.textContent.includes(`(${blank.number}) __`));
  return { texts, empty: texts[0]?.textContent };
}
