/**
 * Milenage, the algorithm set that USIM and authentication centre share (TS 35.206).
 *
 * One block cipher E_K (AES-128) is run over RAND once (TEMP) and then once for each output OUT1..OUT5. Before that run the
 * block is rotated by r_i bits and a constant c_i is added, so that the five outputs are unrelated. OPc is the operator's
 * constant bound to the subscriber's key: it is added before and after.
 */
import { ecb } from '@noble/ciphers/aes.js';
import { concat, xor } from './octets.ts';

export const BLOCK_OCTETS = 16;
export const SQN_OCTETS = 6;
export const AMF_OCTETS = 2;
export const MAC_OCTETS = 8;
export const RES_OCTETS = 8;

/** The long-term secret of a subscription: K and OPc, 16 octets each. */
export interface MilenageKey {
  readonly k: Uint8Array;
  readonly opc: Uint8Array;
}

/** Rotations r1..r5 in octets: all of them are whole octets. @see TS 35.206 §4.1 */
const ROTATION_OCTETS = [8, 0, 4, 8, 12] as const;
/** Last octet of the constants c1..c5; every other octet of them is 00. @see TS 35.206 §4.1 */
const CONSTANT_LAST_OCTET = [0x00, 0x01, 0x02, 0x04, 0x08] as const;

function requireLength(name: string, value: Uint8Array, octets: number): void {
  if (value.length !== octets) throw new RangeError(`${name} has ${value.length} octets, not ${octets}`);
}

/** E_K: AES-128, each block on its own. Blocks that are known together are given together: the key is expanded once a call. */
function encrypt(k: Uint8Array, blocks: Uint8Array): Uint8Array {
  return ecb(k, { disablePadding: true }).encrypt(blocks);
}

/** Cyclic rotation towards the most significant bit. */
function rotate(block: Uint8Array, octets: number): Uint8Array {
  return concat(block.subarray(octets), block.subarray(0, octets));
}

function addConstant(block: Uint8Array, index: 0 | 1 | 2 | 3 | 4): Uint8Array {
  const sum = block.slice();
  sum[BLOCK_OCTETS - 1] = (sum[BLOCK_OCTETS - 1] ?? 0) ^ CONSTANT_LAST_OCTET[index];
  return sum;
}

/** TEMP = E_K(RAND ⊕ OPc). */
function temp({ k, opc }: MilenageKey, rand: Uint8Array): Uint8Array {
  requireLength('K', k, BLOCK_OCTETS);
  requireLength('OPc', opc, BLOCK_OCTETS);
  requireLength('RAND', rand, BLOCK_OCTETS);
  return encrypt(k, xor(rand, opc));
}

/** What E_K is run over for OUT1: TEMP ⊕ rot(IN1 ⊕ OPc, r1) ⊕ c1, with IN1 = SQN ‖ AMF ‖ SQN ‖ AMF. */
function input1(key: MilenageKey, tempBlock: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  requireLength('SQN', sqn, SQN_OCTETS);
  requireLength('AMF', amf, AMF_OCTETS);
  const rotated = rotate(xor(concat(sqn, amf, sqn, amf), key.opc), ROTATION_OCTETS[0]);
  return addConstant(xor(tempBlock, rotated), 0);
}

/** The same for OUTi with i = 2..5: rot(TEMP ⊕ OPc, ri) ⊕ ci; `index` is i - 1. */
function inputI(key: MilenageKey, tempBlock: Uint8Array, index: 1 | 2 | 3 | 4): Uint8Array {
  return addConstant(rotate(xor(tempBlock, key.opc), ROTATION_OCTETS[index]), index);
}

/** The outputs of these inputs, one behind the other: E_K(input) ⊕ OPc each. */
function outputs(key: MilenageKey, ...inputs: readonly Uint8Array[]): Uint8Array {
  const blocks = encrypt(key.k, concat(...inputs));
  for (let at = 0; at < blocks.length; at += 1) {
    blocks[at] = (blocks[at] ?? 0) ^ (key.opc[at % BLOCK_OCTETS] ?? 0);
  }
  return blocks;
}

function out1(key: MilenageKey, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  return outputs(key, input1(key, temp(key, rand), sqn, amf));
}

/** OPc of a subscriber, derived from the operator's OP: E_K(OP) ⊕ OP. @see TS 35.206 §4.1 */
export function deriveOpc(k: Uint8Array, op: Uint8Array): Uint8Array {
  requireLength('K', k, BLOCK_OCTETS);
  requireLength('OP', op, BLOCK_OCTETS);
  return xor(encrypt(k, op), op);
}

/** f1: MAC-A (8 octets), by which the network proves itself to the card. @see TS 35.206 §4.1 */
export function f1(key: MilenageKey, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  return out1(key, rand, sqn, amf).slice(0, MAC_OCTETS);
}

/** f1*: MAC-S (8 octets), by which the card proves a resynchronisation. @see TS 35.206 §4.1 */
export function f1Star(key: MilenageKey, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  return out1(key, rand, sqn, amf).slice(MAC_OCTETS);
}

/** What f2, f3, f4 and f5 give: RES (8 octets), CK (16), IK (16), AK (6). */
export interface F2345 {
  readonly res: Uint8Array;
  readonly ck: Uint8Array;
  readonly ik: Uint8Array;
  readonly ak: Uint8Array;
}

/** f2, f3, f4 and f5 at once. @see TS 35.206 §4.1 */
export function f2345(key: MilenageKey, rand: Uint8Array): F2345 {
  return readF2345(outputs(key, ...inputs2To4(key, temp(key, rand))));
}

/** f1 beside the others, for the network, which knows SQN from the start. @see TS 35.206 §4.1 */
export function f12345(
  key: MilenageKey,
  rand: Uint8Array,
  sqn: Uint8Array,
  amf: Uint8Array,
): F2345 & { readonly mac: Uint8Array } {
  const tempBlock = temp(key, rand);
  const out = outputs(key, input1(key, tempBlock, sqn, amf), ...inputs2To4(key, tempBlock));
  return { mac: out.slice(0, MAC_OCTETS), ...readF2345(out.subarray(BLOCK_OCTETS)) };
}

function inputs2To4(key: MilenageKey, tempBlock: Uint8Array): readonly Uint8Array[] {
  return [inputI(key, tempBlock, 1), inputI(key, tempBlock, 2), inputI(key, tempBlock, 3)];
}

/** @param out OUT2 ‖ OUT3 ‖ OUT4 */
function readF2345(out: Uint8Array): F2345 {
  return {
    res: out.slice(BLOCK_OCTETS - RES_OCTETS, BLOCK_OCTETS),
    ck: out.slice(BLOCK_OCTETS, 2 * BLOCK_OCTETS),
    ik: out.slice(2 * BLOCK_OCTETS),
    ak: out.slice(0, SQN_OCTETS),
  };
}

/** f5*: the AK (6 octets) that hides SQN_MS in an AUTS. @see TS 35.206 §4.1 */
export function f5Star(key: MilenageKey, rand: Uint8Array): Uint8Array {
  return outputs(key, inputI(key, temp(key, rand), 4)).slice(0, SQN_OCTETS);
}
