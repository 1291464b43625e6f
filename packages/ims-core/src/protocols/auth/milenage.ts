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

/** E_K: one block of AES-128. */
function encryptBlock(k: Uint8Array, block: Uint8Array): Uint8Array {
  return ecb(k, { disablePadding: true }).encrypt(block);
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
  return encryptBlock(k, xor(rand, opc));
}

/** OUT1 = E_K(TEMP ⊕ rot(IN1 ⊕ OPc, r1) ⊕ c1) ⊕ OPc, with IN1 = SQN ‖ AMF ‖ SQN ‖ AMF. */
function out1(key: MilenageKey, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  requireLength('SQN', sqn, SQN_OCTETS);
  requireLength('AMF', amf, AMF_OCTETS);
  const rotated = rotate(xor(concat(sqn, amf, sqn, amf), key.opc), ROTATION_OCTETS[0]);
  return xor(encryptBlock(key.k, addConstant(xor(temp(key, rand), rotated), 0)), key.opc);
}

/** OUTi = E_K(rot(TEMP ⊕ OPc, ri) ⊕ ci) ⊕ OPc for i = 2..5; `index` is i - 1. */
function outI(key: MilenageKey, tempBlock: Uint8Array, index: 1 | 2 | 3 | 4): Uint8Array {
  const rotated = rotate(xor(tempBlock, key.opc), ROTATION_OCTETS[index]);
  return xor(encryptBlock(key.k, addConstant(rotated, index)), key.opc);
}

/** OPc of a subscriber, derived from the operator's OP: E_K(OP) ⊕ OP. @see TS 35.206 §4.1 */
export function deriveOpc(k: Uint8Array, op: Uint8Array): Uint8Array {
  requireLength('K', k, BLOCK_OCTETS);
  requireLength('OP', op, BLOCK_OCTETS);
  return xor(encryptBlock(k, op), op);
}

/** f1: MAC-A (8 octets), by which the network proves itself to the card. @see TS 35.206 §4.1 */
export function f1(key: MilenageKey, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  return out1(key, rand, sqn, amf).slice(0, MAC_OCTETS);
}

/** f1*: MAC-S (8 octets), by which the card proves a resynchronisation. @see TS 35.206 §4.1 */
export function f1Star(key: MilenageKey, rand: Uint8Array, sqn: Uint8Array, amf: Uint8Array): Uint8Array {
  return out1(key, rand, sqn, amf).slice(MAC_OCTETS);
}

/** f2, f3, f4 and f5 at once: RES (8 octets), CK (16), IK (16), AK (6). @see TS 35.206 §4.1 */
export function f2345(
  key: MilenageKey,
  rand: Uint8Array,
): { res: Uint8Array; ck: Uint8Array; ik: Uint8Array; ak: Uint8Array } {
  const tempBlock = temp(key, rand);
  const out2 = outI(key, tempBlock, 1);
  return {
    res: out2.slice(BLOCK_OCTETS - RES_OCTETS),
    ck: outI(key, tempBlock, 2),
    ik: outI(key, tempBlock, 3),
    ak: out2.slice(0, SQN_OCTETS),
  };
}

/** f5*: the AK (6 octets) that hides SQN_MS in an AUTS. @see TS 35.206 §4.1 */
export function f5Star(key: MilenageKey, rand: Uint8Array): Uint8Array {
  return outI(key, temp(key, rand), 4).slice(0, SQN_OCTETS);
}
