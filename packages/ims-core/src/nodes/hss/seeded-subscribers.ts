import { hexToBytes } from '@noble/hashes/utils.js';
import type { StoredCredentials, StoredSubscriber } from '../../ports/subscriber-store.ts';
import { deriveOpc } from '../../protocols/auth/milenage.ts';

/** Home domain of the test network MCC 001, MNC 01. @see TS 23.003 §13.2 */
export const LAB_DOMAIN = 'ims.mnc001.mcc001.3gppnetwork.org';

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi', 'Ivan', 'Judy'] as const;
/** The operator's OP, from which each OPc is derived. */
const OP = hexToBytes('cdc202d5123e20f62b6d676ac72cb318');
/** The first 15 octets of every seeded K; the last one is the subscriber's two decimal digits read as hex. */
const K_PREFIX = 'fec86ba6eb707ed08905757b1bb44b';
const AMF = hexToBytes('8000');

export interface SeededSubscriber {
  readonly subscriber: StoredSubscriber;
  readonly credentials: StoredCredentials;
}

/** The ten subscribers that a new lab has: not registered, one implicit registration set each. */
export function seededSubscribers(domain: string = LAB_DOMAIN): readonly SeededSubscriber[] {
  return NAMES.map((name, index) => {
    const digits = String(index + 1).padStart(2, '0');
    const imsi = `0010100000000${digits}`;
    const number = `+155500010${digits}`;
    const identity = (uri: string) => ({ uri, barred: false, displayName: name });
    const k = hexToBytes(K_PREFIX + digits);
    return {
      subscriber: {
        imsi,
        impi: `${imsi}@${domain}`,
        name,
        identities: [
          identity(`sip:${number}@${domain}`),
          identity(`tel:${number}`),
          identity(`sip:${name.toLowerCase()}@${domain}`),
          // Deviation: TS 23.003 §13.4B bars the IMSI-derived identity; the lab does not, so that a phone set up with it works.
          identity(`sip:${imsi}@${domain}`),
        ],
        state: 'NOT_REGISTERED',
        serverName: '',
        authPending: false,
      },
      credentials: { k, opc: deriveOpc(k, OP), amf: AMF },
    };
  });
}
