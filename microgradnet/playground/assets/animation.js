// An animated GIF of pictures in SVG, painted by the browser.
import { GIFEncoder, applyPalette, quantize } from "./gifenc.js";

const WIDEST = 1000; // pixels
const COLOURS = 64;
const DELAY = 1200, LAST = 3600; // milliseconds that a picture stands

// `told` gets the number of the picture that is painted.
export async function animated(pictures, told) {
  const gif = GIFEncoder();
  for (const [i, svg] of pictures.entries()) {
    told(i + 1);
    const { data, width, height } = await painted(svg);
    const palette = quantize(data, COLOURS);
    gif.writeFrame(applyPalette(data, palette), width, height, { palette, delay: i === pictures.length - 1 ? LAST : DELAY });
  }
  gif.finish();
  return gif.bytes();
}

// A picture has colours for readers who prefer dark; an animation, which knows no reader, has the others.
const LIGHT = (svg) => svg.replaceAll("screen and (prefers-color-scheme: dark)", "not all");

async function painted(svg) {
  const image = new Image();
  const address = URL.createObjectURL(new Blob([LIGHT(svg)], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
  } finally {
    URL.revokeObjectURL(address);
  }
  const size = Math.min(2, WIDEST / Math.max(image.width, image.height));
  const [width, height] = [image.width, image.height].map((length) => Math.round(length * size));
  const canvas = new OffscreenCanvas(width, height).getContext("2d");
  canvas.fillStyle = "white";
  canvas.fillRect(0, 0, width, height);
  canvas.drawImage(image, 0, 0, width, height);
  return canvas.getImageData(0, 0, width, height);
}
