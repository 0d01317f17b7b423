// The encoder of animations, gifenc: `npm ci && npm run bundles` makes ../assets/gifenc.js of it.
export { GIFEncoder, applyPalette, quantize } from "gifenc";
