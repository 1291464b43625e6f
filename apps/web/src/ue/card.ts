import type { SimCard } from '@imslab/ims-core/api/lab-api';
import { type Card, createCard } from '@imslab/ims-core/protocols/auth/card';
import { isSeqArray, type SeqArray } from '@imslab/ims-core/protocols/auth/sqn';

/** The SEQ array stays with the SIM in this browser, whichever tab holds it: a reload must not put SQN out of step. */
const sqnKey = (imsi: string) => `imslab.sqn.${imsi}`;

/** The soft ISIM of a claimed SIM, with the SEQ array that this browser kept for it. */
export function insertCard(sim: SimCard, storage: Storage = localStorage): Card {
  const sqnMs = readSqn(sim.imsi, storage);
  const card = createCard({
    imsi: sim.imsi,
    impi: sim.impi,
    impus: sim.impus,
    domain: sim.domain,
    k: fromHex(sim.k),
    opc: fromHex(sim.opc),
    ...(sqnMs && { sqnMs }),
  });
  return {
    ...card,
    authenticate(rand, autn) {
      const result = card.authenticate(rand, autn);
      storage.setItem(sqnKey(sim.imsi), JSON.stringify(card.sqnState()));
      return result;
    },
  };
}

function readSqn(imsi: string, storage: Storage): SeqArray | undefined {
  try {
    const value: unknown = JSON.parse(storage.getItem(sqnKey(imsi)) ?? 'null');
    return isSeqArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
}
