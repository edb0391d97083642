import assert from "node:assert/strict";
import { test } from "node:test";

import { arrangement } from "../../chalicelib/api/call_page/static/grid.js";

const GAP = 8;
const WINDOWS = [
  [343, 480],
  [812, 300],
  [900, 600],
  [1888, 900],
];

for (const [width, height] of WINDOWS) {
  test(`1 to 25 tiles fit into ${width} by ${height}`, () => {
    for (let count = 1; count <= 25; count += 1) {
      const tile = arrangement(count, width, height, GAP);
      const rows = Math.ceil(count / tile.columns);
      assert.ok(tile.width * tile.columns + GAP * (tile.columns - 1) <= width, `${count} across`);
      assert.ok(tile.height * rows + GAP * (rows - 1) <= height, `${count} down`);
      assert.ok(tile.width > 40, `${count} tiles can be seen`);
    }
  });
}

test("no other number of columns gives larger tiles", () => {
  for (let count = 1; count <= 25; count += 1) {
    const best = arrangement(count, 900, 600, GAP);
    for (let columns = 1; columns <= count; columns += 1) {
      const rows = Math.ceil(count / columns);
      const across = (900 - GAP * (columns - 1)) / columns;
      const down = (600 - GAP * (rows - 1)) / rows;
      assert.ok(best.width >= Math.floor(Math.min(across, (down * 4) / 3)));
    }
  }
});

test("without tiles, or without room, there is no size", () => {
  assert.equal(arrangement(0, 900, 600, GAP).width, 0);
  assert.equal(arrangement(4, 0, 0, GAP).width, 0);
});
