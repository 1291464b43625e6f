/** How long one parse takes here, in JsSIP 3.13.8 and in the npm package `sip`, all in one run. */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { parseMessage } from '../src/protocols/sip/parse.ts';
import { register, tortuousInvite } from './messages.ts';

const ROUNDS = 5;
/** Short rounds, so that one in five is undisturbed also on a busy machine. */
const PARSES_PER_ROUND = 3_000;
const WARM_UP_PARSES = 10_000;
const MICROSECONDS_PER_MILLISECOND = 1_000;

type Parser = () => boolean;

const load = createRequire(import.meta.url);
const jssip: { parseMessage(data: string, ua: object): object | undefined } = load('jssip/lib/Parser.js');
const sip: { parse(text: string): object | undefined } = load('sip');

/** Microseconds per parse of each parser, the best of its rounds, taken in turns; undefined for one that refuses the message. */
function best(parsers: readonly Parser[]): readonly (number | undefined)[] {
  const taking = parsers.map((parse) => parse());
  const fastest = parsers.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round <= ROUNDS; round += 1) {
    parsers.forEach((parse, index) => {
      const parses = round === 0 ? WARM_UP_PARSES : PARSES_PER_ROUND;
      const start = performance.now();
      for (let i = 0; i < parses; i += 1) {
        parse();
      }
      const microseconds = ((performance.now() - start) * MICROSECONDS_PER_MILLISECOND) / parses;
      fastest[index] = Math.min(fastest[index] ?? microseconds, microseconds);
    });
  }
  return fastest.map((microseconds, index) => (taking[index] === true ? microseconds : undefined));
}

function peer(name: string, microseconds: number | undefined, ours: number): string {
  return microseconds === undefined
    ? `${name} refuses it`
    : `${name} ${microseconds.toFixed(2)} us (${(microseconds / ours).toFixed(2)} x ours)`;
}

/** Prints one line per message. */
export async function run(): Promise<void> {
  const ua = { configuration: {} };
  for (const [name, text] of [
    ['REGISTER, 11 headers', register],
    ['tortuous INVITE', tortuousInvite],
  ] as const) {
    const octets = new TextEncoder().encode(text);
    const [ours, theirs, others] = best([
      () => parseMessage(octets).ok,
      () => jssip.parseMessage(text, ua) !== undefined,
      () => sip.parse(text) !== undefined,
    ]);
    if (ours === undefined) {
      throw new Error(`our parser refuses the ${name}`);
    }
    console.log(`${name}: ours ${ours.toFixed(2)} us, ${peer('JsSIP', theirs, ours)}, ${peer('sip', others, ours)}`);
  }
}
