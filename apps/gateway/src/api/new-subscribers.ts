import type { NewSubscription, StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';
import { digestHa1 } from '@imslab/ims-core/protocols/auth/ha1';
import { deriveOpc } from '@imslab/ims-core/protocols/auth/milenage';
import { z } from 'zod';

/** Most subscribers that one request may add. */
export const MAX_NEW_SUBSCRIBERS = 10_000;
const DEFAULT_AMF = Uint8Array.of(0x80, 0x00);

const octets = (count: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-fA-F]{${2 * count}}$`), `must be ${count} octets in hex`)
    .transform((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));

/** Text that a header can carry: no control characters, no half of a character. */
const text = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must hold no control characters');

const newSubscriberSchema = z
  .strictObject({
    imsi: z.string().regex(/^\d{15}$/, 'must be 15 digits'),
    name: text(64),
    number: z
      .string()
      .regex(/^\+\d{3,15}$/, 'must be + and 3 to 15 digits')
      .optional(),
    k: octets(16).optional(),
    opc: octets(16).optional(),
    op: octets(16).optional(),
    amf: octets(2).optional(),
    digest: z.strictObject({ password: text(256), algorithm: z.enum(['MD5', 'SHA-256']).default('MD5') }).optional(),
  })
  .refine(({ k, opc, op, amf, digest }) => {
    const isCard = k !== undefined && (opc === undefined) !== (op === undefined) && digest === undefined;
    const isPassword = digest !== undefined && [k, opc, op, amf].every((secret) => secret === undefined);
    return isCard || isPassword;
  }, 'needs k with either opc or op, or digest');
type NewSubscriber = z.infer<typeof newSubscriberSchema>;

const newSubscribersSchema = z.array(newSubscriberSchema).min(1).max(MAX_NEW_SUBSCRIBERS);

/** The subscriptions that a POST wants, or what is wrong with it; the words never hold a value. */
export type NewSubscribers =
  | { readonly ok: true; readonly subscriptions: readonly NewSubscription[] }
  | { readonly ok: false; readonly text: string };

/** Reads the body of a POST: one subscriber, or a list of them. */
export function readNewSubscribers(body: unknown, domain: string): NewSubscribers {
  const parsed = newSubscribersSchema.safeParse(Array.isArray(body) ? body : [body]);
  if (parsed.success) {
    return { ok: true, subscriptions: parsed.data.map((subscriber) => subscriptionOf(subscriber, domain)) };
  }
  const [issue] = parsed.error.issues;
  return { ok: false, text: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not usable'}` };
}

/** Identities of one implicit registration set, like those of the seeded subscribers. */
function subscriptionOf(given: NewSubscriber, domain: string): NewSubscription {
  const { imsi, name, number } = given;
  const impi = `${imsi}@${domain}`;
  const uris = [...(number === undefined ? [] : [`sip:${number}@${domain}`, `tel:${number}`]), `sip:${impi}`];
  const subscriber: StoredSubscriber = {
    imsi,
    impi,
    name,
    identities: uris.map((uri) => ({ uri, barred: false, displayName: name, identityType: 0 })),
    authenticationScheme: given.digest === undefined ? 'Digest-AKAv1-MD5' : 'SIP Digest',
    initialFilterCriteria: [],
    state: 'NOT_REGISTERED',
    serverName: '',
    authPending: false,
  };
  return { subscriber, ...secretsOf(given, impi, domain) };
}

function secretsOf(
  { k, opc, op, amf = DEFAULT_AMF, digest }: NewSubscriber,
  impi: string,
  domain: string,
): Pick<NewSubscription, 'credentials' | 'digestCredentials'> {
  if (digest !== undefined) {
    const { algorithm, password } = digest;
    const ha1 = digestHa1(algorithm, { username: impi, realm: domain, password });
    return { digestCredentials: { realm: domain, algorithm, ha1 } };
  }
  if (k === undefined) return {};
  const derived = op === undefined ? opc : deriveOpc(k, op);
  return derived === undefined ? {} : { credentials: { k, opc: derived, amf } };
}
