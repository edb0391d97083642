// @ts-check
// Texts as QR codes: bytes, error correction M, versions 1 to 15 (ISO/IEC 18004).

/** @typedef {boolean[][]} Modules Rows of modules; true is dark. */

const CORRECTION = [0, 10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24]; // bytes of a block
const BLOCKS = [0, 1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10];
const MEDIUM = 0; // as the format information writes it

/** @type {((row: number, column: number) => boolean)[]} */
const MASKS = [
  (row, column) => (row + column) % 2 === 0,
  (row) => row % 2 === 0,
  (_, column) => column % 3 === 0,
  (row, column) => (row + column) % 3 === 0,
  (row, column) => (Math.floor(row / 2) + Math.floor(column / 3)) % 2 === 0,
  (row, column) => ((row * column) % 2) + ((row * column) % 3) === 0,
  (row, column) => (((row * column) % 2) + ((row * column) % 3)) % 2 === 0,
  (row, column) => (((row + column) % 2) + ((row * column) % 3)) % 2 === 0,
];

/**
 * Return the QR code of a text, without its quiet zone, or null if the text is too long.
 * @param {string} text
 * @returns {Modules | null}
 */
export function qrCode(text) {
  const bytes = new TextEncoder().encode(text);
  for (let version = 1; version < BLOCKS.length; version += 1) {
    if (bytes.length + (version < 10 ? 2 : 3) > dataBytes(version)) continue;
    const data = corrected(coded(bytes, version), version);
    const drawn = MASKS.map((_, mask) => draw(data, version, mask));
    const penalties = drawn.map(penalty);
    return drawn[penalties.indexOf(Math.min(...penalties))] ?? null;
  }
  return null;
}

/** @param {number} version */
function dataBytes(version) {
  return Math.floor(freeModules(version) / 8) - at(CORRECTION, version) * at(BLOCKS, version);
}

/** @param {number} version */
function freeModules(version) {
  const all = (16 * version + 128) * version + 64;
  if (version === 1) return all;
  const across = Math.floor(version / 7) + 2;
  return all - ((25 * across - 10) * across - 55) - (version < 7 ? 0 : 36);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} version
 */
function coded(bytes, version) {
  /** @type {number[]} */
  const bits = [];
  const put = (/** @type {number} */ value, /** @type {number} */ length) => {
    for (let bit = length - 1; bit >= 0; bit -= 1) bits.push((value >> bit) & 1);
  };
  put(4, 4); // "bytes follow"
  put(bytes.length, version < 10 ? 8 : 16);
  for (const byte of bytes) put(byte, 8);
  const size = dataBytes(version) * 8;
  put(0, Math.min(4, size - bits.length));
  put(0, (8 - (bits.length % 8)) % 8);
  for (let filler = 0xec; bits.length < size; filler ^= 0xec ^ 0x11) put(filler, 8);
  const packed = [];
  for (let index = 0; index < size; index += 8) {
    packed.push(bits.slice(index, index + 8).reduce((sum, bit) => sum * 2 + bit, 0));
  }
  return packed;
}

/**
 * Return the data in blocks, each with its correction, one byte of each block after another.
 * @param {number[]} data
 * @param {number} version
 */
function corrected(data, version) {
  const number = at(BLOCKS, version);
  const degree = at(CORRECTION, version);
  const short = Math.floor(data.length / number);
  const shorter = number - (data.length % number);
  const divisor = generator(degree);
  const blocks = [];
  for (let block = 0, begin = 0; block < number; block += 1) {
    const end = begin + short + (block < shorter ? 0 : 1);
    blocks.push(data.slice(begin, end));
    begin = end;
  }
  const corrections = blocks.map((block) => remainder(block, divisor));
  return [...interleaved(blocks, short + 1), ...interleaved(corrections, degree)];
}

/**
 * @param {number[][]} blocks
 * @param {number} length Of the longest block.
 */
function interleaved(blocks, length) {
  const mixed = [];
  for (let index = 0; index < length; index += 1) {
    for (const block of blocks) if (index < block.length) mixed.push(at(block, index));
  }
  return mixed;
}

/**
 * Multiply in the field of 256 elements.
 * @param {number} one
 * @param {number} other
 */
function times(one, other) {
  let product = 0;
  for (let bit = 7; bit >= 0; bit -= 1) {
    product = (product << 1) ^ ((product >> 7) * 0x11d) ^ (((other >> bit) & 1) * one);
  }
  return product;
}

/** @param {number} degree */
function generator(degree) {
  const found = Array.from({ length: degree }, (_, index) => Number(index === degree - 1));
  for (let power = 0, root = 1; power < degree; power += 1, root = times(root, 2)) {
    for (let index = 0; index < degree; index += 1) {
      found[index] = times(at(found, index), root) ^ (found[index + 1] ?? 0);
    }
  }
  return found;
}

/**
 * @param {number[]} block
 * @param {number[]} divisor
 */
function remainder(block, divisor) {
  const left = divisor.map(() => 0);
  for (const byte of block) {
    const factor = byte ^ at(left, 0);
    left.shift();
    left.push(0);
    for (const [index, each] of divisor.entries()) left[index] = at(left, index) ^ times(each, factor);
  }
  return left;
}

/**
 * @param {number[]} data
 * @param {number} version
 * @param {number} mask
 */
function draw(data, version, mask) {
  const size = 17 + 4 * version;
  /** @type {(boolean | undefined)[][]} Undefined where data go. */
  const modules = Array.from({ length: size }, () => Array(size).fill(undefined));
  const set = (/** @type {number} */ row, /** @type {number} */ column, /** @type {boolean} */ dark) => {
    const line = modules[row];
    if (line !== undefined && column >= 0 && column < size) line[column] = dark;
  };
  drawPatterns(set, size, version);
  drawFormat(set, size, mask);
  if (version >= 7) drawVersion(set, size, version);
  const masked = MASKS[mask] ?? (() => false);
  let index = 0;
  for (let right = size - 1; right > 0; right -= right === 8 ? 3 : 2) {
    const upward = ((right + 1) & 2) === 0;
    for (let step = 0; step < size; step += 1) {
      for (const column of [right, right - 1]) {
        const row = upward ? size - 1 - step : step;
        if (modules[row]?.[column] !== undefined) continue;
        const bit = (data[index >> 3] ?? 0) >> (7 - (index & 7));
        set(row, column, (bit & 1) === 1 !== masked(row, column));
        index += 1;
      }
    }
  }
  return /** @type {Modules} */ (modules);
}

/** @typedef {(row: number, column: number, dark: boolean) => void} Set */

/**
 * @param {Set} set
 * @param {number} size
 * @param {number} version
 */
function drawPatterns(set, size, version) {
  for (let each = 0; each < size; each += 1) {
    set(6, each, each % 2 === 0);
    set(each, 6, each % 2 === 0);
  }
  const ends = [3, size - 4];
  for (const row of ends) {
    for (const column of ends) {
      if (row + column < size + size - 8) drawSquare(set, row, column, 4, [2, 4]);
    }
  }
  const places = alignments(size, version);
  for (const row of places) {
    for (const column of places) {
      const corner = Math.min(row, column) === 6 && [6, size - 7].includes(Math.max(row, column));
      if (!corner) drawSquare(set, row, column, 2, [1]);
    }
  }
}

/**
 * @param {Set} set
 * @param {number} row Of the centre.
 * @param {number} column
 * @param {number} reach
 * @param {number[]} light How far from the centre the light rings are.
 */
function drawSquare(set, row, column, reach, light) {
  for (let down = -reach; down <= reach; down += 1) {
    for (let right = -reach; right <= reach; right += 1) {
      set(row + down, column + right, !light.includes(Math.max(Math.abs(down), Math.abs(right))));
    }
  }
}

/**
 * @param {number} size
 * @param {number} version
 */
function alignments(size, version) {
  if (version === 1) return [];
  const number = Math.floor(version / 7) + 2;
  const step = Math.ceil((size - 13) / (number * 2 - 2)) * 2;
  return [6, ...Array.from({ length: number - 1 }, (_, index) => size - 7 - index * step)];
}

/**
 * @param {Set} set
 * @param {number} size
 * @param {number} mask
 */
function drawFormat(set, size, mask) {
  const format = (MEDIUM << 3) | mask;
  let rest = format;
  for (let step = 0; step < 10; step += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((format << 10) | rest) ^ 0x5412;
  for (let bit = 0; bit < 15; bit += 1) {
    const dark = ((bits >> bit) & 1) === 1;
    if (bit < 8) {
      set(bit < 6 ? bit : bit + 1, 8, dark);
      set(8, size - 1 - bit, dark);
    } else {
      set(8, bit === 8 ? 7 : 14 - bit, dark);
      set(size - 15 + bit, 8, dark);
    }
  }
  set(size - 8, 8, true);
}

/**
 * @param {Set} set
 * @param {number} size
 * @param {number} version
 */
function drawVersion(set, size, version) {
  let rest = version;
  for (let step = 0; step < 12; step += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let bit = 0; bit < 18; bit += 1) {
    const [far, near] = [size - 11 + (bit % 3), Math.floor(bit / 3)];
    set(near, far, ((bits >> bit) & 1) === 1);
    set(far, near, ((bits >> bit) & 1) === 1);
  }
}

/**
 * Return how hard a code is to read: long runs, blocks, lookalikes of corners, too much of a colour.
 * @param {Modules} modules
 */
function penalty(modules) {
  const size = modules.length;
  const turned = modules.map((_, column) => modules.map((line) => at(line, column)));
  const text = (/** @type {boolean[]} */ line) => line.map(Number).join("");
  const lines = [...modules, ...turned].map(text);
  let sum = 0;
  for (const line of lines) {
    for (const { length } of line.match(/0{5,}|1{5,}/g) ?? []) sum += length - 2;
    sum += 40 * (line.match(/(?=00001011101|10111010000)/g) ?? []).length;
  }
  for (let row = 1; row < size; row += 1) {
    for (let column = 1; column < size; column += 1) {
      const dark = modules[row]?.[column];
      const same = [modules[row]?.[column - 1], modules[row - 1]?.[column], modules[row - 1]?.[column - 1]];
      if (same.every((each) => each === dark)) sum += 3;
    }
  }
  const dark = modules.flat().filter(Boolean).length / size ** 2;
  return sum + 10 * Math.floor(Math.abs(dark - 0.5) * 20);
}

/**
 * @template T
 * @param {T[]} list
 * @param {number} index Of an element that is there.
 */
function at(list, index) {
  return /** @type {T} */ (list[index]);
}

const QUIET = 4; // modules around a code, which readers need

/**
 * Return a drawing of a code, dark on white in any colour scheme.
 * @param {Modules} code
 * @param {string} title
 */
export function drawing(code, title) {
  const size = code.length + 2 * QUIET;
  const dark = code.flatMap((line, row) =>
    line.flatMap((each, column) => (each ? `M${column + QUIET} ${row + QUIET}h1v1h-1z` : [])),
  );
  const svg = shape("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": title });
  svg.append(
    shape("rect", { width: String(size), height: String(size), fill: "#fff" }),
    shape("path", { d: dark.join(""), fill: "#000", "shape-rendering": "crispEdges" }),
  );
  return svg;
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function shape(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
