// A program as the end of an address, and back.
export async function pack(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

export async function unpack(packed) {
  const bytes = Uint8Array.from(atob(packed.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"))).text();
}

// Whether a text is such an address, or its end, and nothing else.
export const isAddress = (text) => /^\S*#code(=|%3D)\S+$/i.test(text);

// The name of a program, with that of the variable whose graph is shown; null is the last result.
const SHOWN = "&shown=";
export const withShown = (program, shown) => (shown === null ? program : `${program}${SHOWN}${shown}`);

export function parts(address) {
  const [program, shown = null] = address.split(SHOWN);
  return [program, shown];
}

// What stands after # in the address. Some programs that pass an address on write %3D for =.
export function named() {
  const name = location.hash.slice(1);
  try { return decodeURIComponent(name); } catch { return name; }
}

// Why there is no program of that name.
export function lost(name) {
  if (name.startsWith("own=")) return "The program of this address is kept in the browser in which it was written; Share, there, gives an address that holds it";
  return name.startsWith("code=") ? "The program in the address is damaged" : "The address names no program of this playground";
}
