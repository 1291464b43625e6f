/** What a box does with the messages of a registration: microseconds of processor time and new octets a message. */
import process from 'node:process';
import { MessageEdit } from '../src/protocols/sip/edit.ts';
import { SipStreamFramer } from '../src/protocols/sip/framer.ts';
import type { SipMessage } from '../src/protocols/sip/message.ts';
import { parseMessage } from '../src/protocols/sip/parse.ts';
import { callId, contacts, cseq, hasOption, header, routes, tagOf, topVia, vias } from '../src/protocols/sip/read.ts';
import { serializeMessage } from '../src/protocols/sip/serialize.ts';
import { challenge, coreRegister, notify, registered, ueRegister } from './registration-messages.ts';

const ROUNDS = 12;
const TURNS_PER_ROUND = 1_000;
const WARM_UP_TURNS = 4_000;
/** Few enough that the collector seldom comes between; the middle of many counts. */
const TURNS_PER_COUNT = 20;
const COUNTS = 41;
const OWN_VIA = 'SIP/2.0/TCP 127.0.0.5:4060;branch=z9hG4bKc3594ee6ab7e0276109cd9b8.cf823551e66a6b4b';

const texts = [ueRegister, coreRegister, challenge, registered, notify];
const octets = texts.map((text) => new TextEncoder().encode(text));

function parsed(bytes: Uint8Array): SipMessage {
  const result = parseMessage(bytes);
  if (!result.ok) {
    throw new Error(result.error.text);
  }
  return result.value;
}

function read(message: SipMessage): number {
  return (
    callId(message).length +
    (cseq(message)?.number ?? 0) +
    tagOf(message, 'From').length +
    tagOf(message, 'To').length +
    (topVia(message)?.port ?? 0) +
    vias(message).length +
    routes(message, 'Route').length +
    routes(message, 'Path').length +
    contacts(message).length +
    (header(message, 'P-Charging-Vector')?.length ?? 0) +
    Number(hasOption(message, 'Require', 'path'))
  );
}

/** As a proxy changes what it passes on. */
function edited(message: SipMessage): SipMessage {
  const edit = new MessageEdit(message);
  return message.kind === 'request'
    ? edit.set('Max-Forwards', '65', 'one hop fewer').prepend('Via', OWN_VIA, 'own Via').done().message
    : edit.removeFirst('Via', 'own Via').remove('P-Charging-Vector', 'left out').done().message;
}

/** Microseconds of processor time in the best round, a message; time that other processes take does not count. */
function microseconds(turn: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const turns = round === 0 ? WARM_UP_TURNS : TURNS_PER_ROUND;
    const start = process.cpuUsage();
    for (let i = 0; i < turns; i += 1) {
      turn();
    }
    const { user, system } = process.cpuUsage(start);
    best = Math.min(best, (user + system) / turns / texts.length);
  }
  return best;
}

/** New octets on the heap, a message. */
function newOctets(turn: () => void): number {
  const counts = Array.from({ length: COUNTS }, () => {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < TURNS_PER_COUNT; i += 1) {
      turn();
    }
    return (process.memoryUsage().heapUsed - before) / TURNS_PER_COUNT / texts.length;
  });
  return counts.sort((a, b) => a - b)[COUNTS >> 1] ?? 0;
}

/** One turn: the operation on every message. */
function turnOver<T>(operands: readonly T[], operation: (operand: T) => unknown): () => void {
  return () => {
    for (const operand of operands) {
      operation(operand);
    }
  };
}

/** Prints one line per operation. */
export async function run(): Promise<void> {
  const messages = octets.map(parsed);
  const changed = messages.map(edited);
  const framer = new SipStreamFramer();
  for (const [name, turn] of [
    ['frame', turnOver(octets, (chunk) => framer.push(chunk))],
    ['parse', turnOver(octets, parsed)],
    ['read', turnOver(messages, read)],
    ['change', turnOver(messages, edited)],
    ['write', turnOver(changed, serializeMessage)],
    ['parse, change and write', turnOver(octets, (chunk) => serializeMessage(edited(parsed(chunk))))],
  ] as const) {
    console.log(`${name}: ${microseconds(turn).toFixed(2)} us, ${newOctets(turn).toFixed(0)} octets a message`);
  }
}
