// An animated GIF of pictures in SVG, painted by the browser.
import { GIFEncoder, applyPalette, quantize } from "./gifenc.js";

const LARGEST = 2; // times the size of the picture, so that a small one is sharp

// Each frame stands for its duration, in milliseconds; it is at most so many pixels wide and high, in so many colours.
// `goesOn` is asked before each, with its number and their count.
export async function animated({ frames, durations, widest, colours }, goesOn) {
  const gif = GIFEncoder();
  for (const [i, svg] of frames.entries()) {
    if (!goesOn(i + 1, frames.length)) break;
    const { data, width, height } = await painted(svg, widest);
    const palette = quantize(data, colours);
    gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: durations[i] });
  }
  gif.finish();
  return gif.bytes();
}

// A GIF is light for every reader: without the picture's rules for those who prefer dark.
const inLight = (svg) => svg.replaceAll("screen and (prefers-color-scheme: dark)", "not all");

async function painted(svg, widest) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([inLight(svg)], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
  const size = Math.min(LARGEST, widest / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.width, image.height].map((length) => Math.round(length * size));
  const painter = canvas.getContext("2d", { willReadFrequently: true });
  painter.fillStyle = "white";
  painter.fillRect(0, 0, canvas.width, canvas.height);
  painter.drawImage(image, 0, 0, canvas.width, canvas.height);
  return painter.getImageData(0, 0, canvas.width, canvas.height);
}
