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

// Whether what is written for a blank is right, else why not, and whether it is a number at all.
function judged(blank, text) {
  const answer = read(text), isNumber = Number.isFinite(answer);
  if (blank.answers.some((right) => isNear(answer, right, blank.rounding))) return { isRight: true, isNumber };
  const mistake = blank.mistakes.find((one) => isNear(answer, one.answer));
  const why = typeof answer === "string" ? `ambiguous: ${answer}` : isNumber ? mistake?.words ?? "ask for a hint" :
    "that is no number; write it as 0.25, −3 or 1/4";
  return { isRight: false, isNumber, why };
}

