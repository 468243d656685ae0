// Whether two pictures show the same: by the mean colour of blocks, so that another machine's fonts do not matter, and a panel
// that is empty, misplaced or of another colour does.

import { readFile } from "node:fs/promises";

const BLOCK_PX = 16;
// Of 255, in one channel of a block's mean: text that is set otherwise stays below it.
const DIFFERENT = 40;
const MAX_SHARE = 0.01;

// The share of blocks that differ, and where: { share, blocks: [[x, y]], sizes }.
export async function difference(page, path, golden) {
  const [found, expected] = await Promise.all([path, golden].map(async (file) => (await readFile(file)).toString("base64")));
  return page.evaluate(async ({ found, expected, block, different }) => {
    const means = async (png) => {
      const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
      const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext("2d", { willReadFrequently: true });
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, image.width, image.height);
      const [columns, rows] = [Math.ceil(image.width / block), Math.ceil(image.height / block)];
      const [sums, counts] = [new Float64Array(columns * rows * 3), new Float64Array(columns * rows)];
      for (let y = 0; y < image.height; y += 1) {
        for (let x = 0; x < image.width; x += 1) {
          const at = Math.floor(y / block) * columns + Math.floor(x / block);
          counts[at] += 1;
          for (let channel = 0; channel < 3; channel += 1) sums[at * 3 + channel] += data[(y * image.width + x) * 4 + channel];
        }
      }
      return { columns, size: `${image.width} × ${image.height}`, means: sums.map((sum, at) => sum / counts[Math.floor(at / 3)]) };
    };
    const [one, other] = [await means(found), await means(expected)];
    const blocks = [];
    const count = one.means.length / 3;
    for (let at = 0; at < count; at += 1) {
      const isOther = [0, 1, 2].some((channel) => !(Math.abs(one.means[at * 3 + channel] - other.means[at * 3 + channel]) <= different));
      if (isOther) blocks.push([(at % one.columns) * block, Math.floor(at / one.columns) * block]);
    }
    return { share: blocks.length / count, blocks, sizes: [one.size, other.size] };
  }, { found, expected, block: BLOCK_PX, different: DIFFERENT });
}

// What is wrong with a picture that should look like another; null if nothing is.
export function complaint({ share, blocks, sizes: [found, expected] }) {
  if (found !== expected) return `it has ${found} pixels instead of ${expected}`;
  if (share <= MAX_SHARE) return null;
  const [xs, ys] = [0, 1].map((axis) => blocks.map((place) => place[axis]).sort((a, b) => a - b));
  return `${(share * 100).toFixed(1)} % of it differ, from ${xs[0]}, ${ys[0]} to ${xs.at(-1)}, ${ys.at(-1)}`;
}
