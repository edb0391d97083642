// @ts-check
// The arrangement of tiles: as large as the window allows, all of one size.

const RATIO = 4 / 3;

/**
 * Return the columns and the size of each tile, in pixels.
 * @param {number} count The number of tiles.
 * @param {number} width The width for all tiles.
 * @param {number} height The height for all tiles.
 * @param {number} gap The space between two tiles.
 * @returns {{ columns: number, width: number, height: number }}
 */
export function arrangement(count, width, height, gap) {
  let best = { columns: 1, width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns);
    const widest = (width - gap * (columns - 1)) / columns;
    const highest = (height - gap * (rows - 1)) / rows;
    const tileWidth = Math.floor(Math.min(widest, highest * RATIO));
    if (tileWidth > best.width) {
      best = { columns, width: tileWidth, height: Math.floor(tileWidth / RATIO) };
    }
  }
  return best;
}
