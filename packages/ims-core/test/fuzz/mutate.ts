import type { Random } from '../../src/ports/random.ts';

/** One seeded stream of choices, so that a seed names a whole run. */
export class Choices {
  readonly #random: Random;
  #pool: Uint8Array = new Uint8Array(0);
  #at = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number of 0 to `limit` - 1; `limit` is below 2^24. */
  below(limit: number): number {
    if (this.#at + 3 > this.#pool.length) {
      this.#pool = this.#random.bytes(4_096);
      this.#at = 0;
    }
    const [high = 0, middle = 0, low = 0] = this.#pool.subarray(this.#at, this.#at + 3);
    this.#at += 3;
    return ((high << 16) | (middle << 8) | low) % limit;
  }

  of<Value>(values: readonly [Value, ...Value[]] | readonly Value[]): Value {
    const chosen = values[this.below(values.length)];
    if (chosen === undefined) throw new Error('there is nothing to choose from');
    return chosen;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

type Mutation = (octets: Uint8Array, choices: Choices, corpus: readonly Uint8Array[]) => Uint8Array;

/** A stretch of at most `longest` octets. */
function stretch(octets: Uint8Array, choices: Choices, longest: number): readonly [start: number, end: number] {
  const start = choices.below(octets.length + 1);
  return [start, Math.min(octets.length, start + choices.below(longest) + 1)];
}

const generalMutations: readonly Mutation[] = [
  // One octet becomes another.
  (octets, choices) => {
    const copy = octets.slice();
    if (copy.length > 0) copy[choices.below(copy.length)] = choices.below(256);
    return copy;
  },
  // One bit turns.
  (octets, choices) => {
    const copy = octets.slice();
    const at = choices.below(Math.max(1, copy.length));
    copy[at] = (copy[at] ?? 0) ^ (1 << choices.below(8));
    return copy;
  },
  // A stretch is missing.
  (octets, choices) => {
    const [start, end] = stretch(octets, choices, 40);
    return joined(octets.subarray(0, start), octets.subarray(end));
  },
  // A stretch comes twice or many times.
  (octets, choices) => {
    const [start, end] = stretch(octets, choices, 60);
    const piece = octets.subarray(start, end);
    const copies = Array.from({ length: choices.of([1, 1, 1, 2, 30]) }, () => piece);
    return joined(octets.subarray(0, end), ...copies, octets.subarray(end));
  },
  // The end is cut off.
  (octets, choices) => octets.subarray(0, choices.below(octets.length + 1)),
  // The head of one message, the tail of another.
  (octets, choices, corpus) => {
    const other = choices.of(corpus);
    return joined(
      octets.subarray(0, choices.below(octets.length + 1)),
      other.subarray(choices.below(other.length + 1)),
    );
  },
];

/** A source of broken messages: the same corpus, mutations and seed give the same run. */
export function* mutants(
  corpus: readonly Uint8Array[],
  choices: Choices,
  count: number,
  ownMutations: readonly Mutation[] = [],
): Generator<Uint8Array> {
  const mutations = [...generalMutations, ...ownMutations, ...ownMutations];
  for (let made = 0; made < count; made += 1) {
    let octets = choices.of(corpus);
    for (let step = choices.of([1, 1, 1, 2, 3, 4]); step > 0; step -= 1)
      octets = choices.of(mutations)(octets, choices, corpus);
    yield octets;
  }
}

/** Puts one of these texts at some place, or at the place of a stretch. */
export function insertions(texts: readonly string[]): Mutation {
  const encoder = new TextEncoder();
  const pieces = texts.map((text) => encoder.encode(text));
  return (octets, choices) => {
    const [start, end] = stretch(octets, choices, 12);
    return joined(octets.subarray(0, start), choices.of(pieces), octets.subarray(choices.of([start, end])));
  };
}

/** Changes the order of lines, doubles one or leaves one out. */
export const lineMutation: Mutation = (octets, choices) => {
  const lines = new TextDecoder('latin1').decode(octets).split('\r\n');
  const from = choices.below(lines.length);
  const taken = lines.splice(from, choices.below(2));
  lines.splice(choices.below(lines.length + 1), 0, ...(taken.length > 0 ? taken : [lines[from] ?? '']));
  return Uint8Array.from(lines.join('\r\n'), (character) => character.charCodeAt(0));
};

/** Writes a number of one to four octets, in network order, that is near a limit. */
export const numberMutation: Mutation = (octets, choices) => {
  const copy = octets.slice();
  const width = choices.of([1, 2, 3, 4]);
  const number = choices.of([0, 1, 3, 4, 7, 8, 12, 255, 256, 65_535, 65_536, 0xff_ff_ff, 0x7f_ff_ff_ff, 0xff_ff_ff_ff]);
  const at = choices.below(Math.max(1, copy.length - width));
  for (let octet = 0; octet < width && at + octet < copy.length; octet += 1) {
    copy[at + octet] = (number >>> (8 * (width - 1 - octet))) & 0xff;
  }
  return copy;
};

/** How many mutants a run makes, and from which seed: `IMSLAB_FUZZ_COUNT` and `IMSLAB_FUZZ_SEED` make a longer or another run. */
export function fuzzRun(defaultCount: number): { readonly count: number; readonly seed: number } {
  return {
    count: Number(process.env['IMSLAB_FUZZ_COUNT'] ?? defaultCount),
    seed: Number(process.env['IMSLAB_FUZZ_SEED'] ?? 20_261_122),
  };
}
