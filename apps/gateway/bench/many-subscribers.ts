import { LAB_DOMAIN, type SeededSubscriber, seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { deriveOpc } from '@imslab/ims-core/protocols/auth/milenage';

/** The operator's OP: SIPp derives the OPc itself. */
export const OP_HEX = 'cdc202d5123e20f62b6d676ac72cb318';
const OP = new Uint8Array(Buffer.from(OP_HEX, 'hex'));
const K_PREFIX_HEX = 'fec86ba6eb707ed0890575';

/** One UE of a load: its subscription and the loopback address on which it uses port 5060. */
export interface LoadUe {
  readonly seeded: SeededSubscriber;
  readonly imsi: string;
  readonly address: string;
  readonly kHex: string;
}

/** The first `count` UEs, at most 50 000, each with its own address: Kamailio's usrloc is slow when many share one. */
export function manySubscribers(count: number): readonly LoadUe[] {
  const [model] = seededSubscribers();
  const [identity] = model?.subscriber.identities ?? [];
  if (model === undefined || identity === undefined) throw new Error('no subscriber is seeded');
  return Array.from({ length: count }, (_, index) => {
    const number = String(index + 1).padStart(5, '0');
    const imsi = `0010120000${number}`;
    // The digits as ASCII text: SIPp reads the octets of K as text, and must find no `[`, no line end and no 00 there.
    const kHex = K_PREFIX_HEX + Buffer.from(number, 'latin1').toString('hex');
    const k = new Uint8Array(Buffer.from(kHex, 'hex'));
    const named = (uri: string) => ({ ...identity, uri, displayName: `UE ${number}` });
    const subscriber = {
      ...model.subscriber,
      imsi,
      impi: `${imsi}@${LAB_DOMAIN}`,
      name: `UE ${number}`,
      identities: [
        named(`sip:+1555200${number}@${LAB_DOMAIN}`),
        named(`tel:+1555200${number}`),
        named(`sip:${imsi}@${LAB_DOMAIN}`),
      ],
    };
    return {
      seeded: { subscriber, credentials: { ...model.credentials, k, opc: deriveOpc(k, OP) } },
      imsi,
      address: `127.1.${Math.floor(index / 250)}.${(index % 250) + 1}`,
      kHex,
    };
  });
}
