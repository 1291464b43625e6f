import { hexToBytes } from '@noble/hashes/utils.js';
import type { InitialFilterCriterion } from '../../ports/service-profile.ts';
import type { NewSubscription, StoredCredentials } from '../../ports/subscriber-store.ts';
import { deriveOpc } from '../../protocols/auth/milenage.ts';

/** Home domain of the test network MCC 001, MNC 01. @see TS 23.003 §13.2 */
export const LAB_DOMAIN = 'ims.mnc001.mcc001.3gppnetwork.org';

const NAMES = ['Alice', 'Bob', 'Carol', 'Dave', 'Erin', 'Frank', 'Grace', 'Heidi', 'Ivan', 'Judy'] as const;
/** The operator's OP, from which each OPc is derived. */
const OP = hexToBytes('cdc202d5123e20f62b6d676ac72cb318');
/** The first 15 octets of every seeded K; the last one is the subscriber's two decimal digits read as hex. */
const K_PREFIX = 'fec86ba6eb707ed08905757b1bb44b';
const AMF = hexToBytes('8000');

/** A subscription with a card. */
export interface SeededSubscriber extends NewSubscription {
  readonly credentials: StoredCredentials;
}

/** Port on which the lab's application server listens. */
const AS_PORT = 5080;

/** The ten subscribers that a new lab has: not registered, one implicit registration set each. */
export function seededSubscribers(domain: string = LAB_DOMAIN): readonly SeededSubscriber[] {
  return NAMES.map((name, index) => {
    const digits = String(index + 1).padStart(2, '0');
    const imsi = `0010100000000${digits}`;
    const number = `+155500010${digits}`;
    const identity = (uri: string) => ({ uri, barred: false, displayName: name, identityType: 0 as const });
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
        authenticationScheme: 'Digest-AKAv1-MD5',
        initialFilterCriteria: [],
        state: 'NOT_REGISTERED',
        serverName: '',
        authPending: false,
      },
      credentials: { k, opc: deriveOpc(k, OP), amf: AMF },
    };
  });
}

/** The services that a new lab has: each one PSI, which the S-CSCF hosts for an application server. @see TS 23.228 §5.4.12 */
export function seededServices(domain: string = LAB_DOMAIN): readonly NewSubscription[] {
  return [
    {
      subscriber: {
        imsi: '001019999999901',
        impi: `echo@${domain}`,
        name: 'Echo',
        identities: [{ uri: `sip:echo@${domain}`, barred: false, displayName: 'Echo', identityType: 1 }],
        authenticationScheme: 'none',
        initialFilterCriteria: [inviteToApplicationServer(domain)],
        state: 'NOT_REGISTERED',
        serverName: '',
        authPending: false,
      },
    },
  ];
}

/** An INVITE to the service, which is never registered, goes to the application server; without it the call ends. */
function inviteToApplicationServer(domain: string): InitialFilterCriterion {
  return {
    priority: 0,
    triggerPoint: {
      conditionTypeCnf: true,
      servicePointTriggers: [
        {
          conditionNegated: false,
          groups: [0],
          condition: { kind: 'Method', method: 'INVITE', registrationTypes: [] },
        },
      ],
    },
    applicationServer: {
      serverName: `sip:as.${domain}:${AS_PORT};lr`,
      defaultHandling: 'SESSION_TERMINATED',
      includeRegisterRequest: false,
      includeRegisterResponse: false,
    },
    profilePart: 'UNREGISTERED',
  };
}
