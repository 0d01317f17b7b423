// The number that a text writes, as Python's `read_number` reads it by the same patterns: NaN if it is none,
// and of an ambiguous one a text, what to write instead.
function readNumber(text) {
  const { longest, plain, named, written, thousands } = READING;
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
  return (sign === "-" ? -1 : 1) * (Number(whole ?? 0) + asNumber(above) / asNumber(below ?? "1")) / (percent ? 100 : 1);
}

function asNumber(part) {
  const [mantissa, exponent] = part.replace(new RegExp(READING.grouping, "g"), "").replace(",", ".").split("10**");
  return Number(exponent === undefined ? mantissa : `${mantissa.replace(/[*x]$/i, "") || 1}e${exponent.replace(/[()]/g, "")}`);
}
