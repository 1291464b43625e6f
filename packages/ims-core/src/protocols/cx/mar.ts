import type {
  DigestAuthDataItem,
  MultimediaAuthAnswer,
  MultimediaAuthRequest,
  SipAuthDataItem,
} from '../../ports/cx-client.ts';
import { type Avp, avp } from '../diameter/avp.ts';
import type { AvpReader } from '../diameter/avp-reader.ts';
import { commands } from '../diameter/commands.ts';
import { commandPair } from './command-pair.ts';

const RAND_OCTETS = 16;
const AUTS_OCTETS = 14;
/** Values of SIP-Authentication-Scheme; the first stands for AKAv1 and AKAv2. @see TS 29.229 6.3.9 */
const DIGEST_AKA = 'Digest-AKAv1-MD5';
const SIP_DIGEST = 'SIP Digest';
const digestAlgorithms = ['MD5', 'SHA-256'] as const;
const MD5_HEX_DIGITS = 32;
const SHA_256_HEX_DIGITS = 64;

type Digest = DigestAuthDataItem['digest'];

/** Multimedia-Auth-Request and -Answer. @see TS 29.229 6.1.7, 6.1.8 */
export const mar = commandPair<MultimediaAuthRequest, MultimediaAuthAnswer>({
  command: commands.MAR,
  requestAvps: (request) => [
    avp('User-Name', request.userName),
    avp('Public-Identity', request.publicIdentity),
    avp('SIP-Auth-Data-Item', [
      avp('SIP-Authentication-Scheme', request.authenticationScheme),
      ...(request.resync === undefined ? [] : [avp('SIP-Authorization', resyncOctets(request.resync))]),
    ]),
    avp('SIP-Number-Auth-Items', request.numberAuthItems),
    avp('Server-Name', request.serverName),
  ],
  readRequest: (read) => ({
    userName: read.one('User-Name'),
    publicIdentity: read.one('Public-Identity'),
    ...read.group(read.one('SIP-Auth-Data-Item'), readRequestItem),
    numberAuthItems: read.one('SIP-Number-Auth-Items'),
    serverName: read.one('Server-Name'),
  }),
  answerAvps: (answer) => [
    ...(answer.userName === undefined ? [] : [avp('User-Name', answer.userName)]),
    ...(answer.publicIdentity === undefined ? [] : [avp('Public-Identity', answer.publicIdentity)]),
    ...(answer.authDataItems.length === 0 ? [] : [avp('SIP-Number-Auth-Items', answer.authDataItems.length)]),
    ...answer.authDataItems.map((item) => avp('SIP-Auth-Data-Item', answerItemAvps(item))),
  ],
  readAnswer: (read, result) => {
    const userName = read.optional('User-Name');
    const publicIdentity = read.optional('Public-Identity');
    read.optional('SIP-Number-Auth-Items');
    const authDataItems = read.all('SIP-Auth-Data-Item').map((group) => read.group(group, readAnswerItem));
    return {
      result,
      ...(userName === undefined ? {} : { userName }),
      ...(publicIdentity === undefined ? {} : { publicIdentity }),
      authDataItems: authDataItems.toSorted((a, b) => a.itemNumber - b.itemNumber),
    };
  },
});

function resyncOctets({ rand, auts }: { readonly rand: Uint8Array; readonly auts: Uint8Array }): Uint8Array {
  const octets = new Uint8Array(rand.length + auts.length);
  octets.set(rand);
  octets.set(auts, rand.length);
  return octets;
}

function readRequestItem(item: AvpReader): Pick<MultimediaAuthRequest, 'authenticationScheme' | 'resync'> {
  const authenticationScheme = item.one('SIP-Authentication-Scheme');
  const octets = item.optional('SIP-Authorization');
  if (octets === undefined) return { authenticationScheme };
  if (octets.length !== RAND_OCTETS + AUTS_OCTETS) {
    item.invalid('SIP-Authorization', `is not RAND and AUTS: ${octets.length} octets`, octets);
  }
  return {
    authenticationScheme,
    resync: { rand: octets.slice(0, RAND_OCTETS), auts: octets.slice(RAND_OCTETS) },
  };
}

/** Children of one item, in the order of TS 29.229 6.3.13. */
function answerItemAvps(item: SipAuthDataItem): readonly Avp[] {
  const common = [avp('SIP-Item-Number', item.itemNumber), avp('SIP-Authentication-Scheme', item.authenticationScheme)];
  if (item.authenticationScheme === SIP_DIGEST) return [...common, digestAuthenticateAvp(item.digest)];
  return [
    ...common,
    avp('SIP-Authenticate', item.authenticate),
    avp('SIP-Authorization', item.authorization),
    ...(item.confidentialityKey === undefined ? [] : [avp('Confidentiality-Key', item.confidentialityKey)]),
    ...(item.integrityKey === undefined ? [] : [avp('Integrity-Key', item.integrityKey)]),
  ];
}

/** An item without SIP-Item-Number is the only one: it counts as the first. @see TS 29.228 6.3 */
function readAnswerItem(item: AvpReader): SipAuthDataItem {
  const itemNumber = item.optional('SIP-Item-Number') ?? 1;
  const scheme = item.one('SIP-Authentication-Scheme');
  if (scheme === SIP_DIGEST) {
    const digest = item.group(item.one('SIP-Digest-Authenticate'), readDigestAuthenticate);
    return { itemNumber, authenticationScheme: SIP_DIGEST, digest };
  }
  if (scheme !== DIGEST_AKA) item.invalid('SIP-Authentication-Scheme', 'is of no scheme that was asked for', scheme);
  const confidentialityKey = item.optional('Confidentiality-Key');
  const integrityKey = item.optional('Integrity-Key');
  return {
    itemNumber,
    authenticationScheme: DIGEST_AKA,
    authenticate: item.one('SIP-Authenticate'),
    authorization: item.one('SIP-Authorization'),
    ...(confidentialityKey === undefined ? {} : { confidentialityKey }),
    ...(integrityKey === undefined ? {} : { integrityKey }),
  };
}

function digestAuthenticateAvp({ realm, algorithm, qop, ha1 }: Digest): Avp {
  return avp('SIP-Digest-Authenticate', [
    avp('Digest-Realm', realm),
    avp('Digest-Algorithm', algorithm),
    avp('Digest-QoP', qop),
    avp('Digest-HA1', ha1),
  ]);
}

/** Without Digest-Algorithm it is MD5. @see TS 29.229 6.3.36 to 6.3.41 */
function readDigestAuthenticate(group: AvpReader): Digest {
  const realm = group.one('Digest-Realm');
  const name = group.optional('Digest-Algorithm') ?? 'MD5';
  const algorithm = digestAlgorithms.find((known) => known === name.toUpperCase());
  if (algorithm === undefined) group.invalid('Digest-Algorithm', 'is neither MD5 nor SHA-256', name);
  const qop = group.one('Digest-QoP');
  if (qop !== 'auth') group.invalid('Digest-QoP', 'is not auth', qop);
  const ha1 = group.one('Digest-HA1').toLowerCase();
  const hexDigits = algorithm === 'SHA-256' ? SHA_256_HEX_DIGITS : MD5_HEX_DIGITS;
  // The value itself stays out of the error: it is as secret as the password.
  if (!/^[0-9a-f]*$/.test(ha1) || ha1.length !== hexDigits) group.invalid('Digest-HA1', 'is no hash in hex', '');
  return { realm, algorithm: algorithm ?? 'MD5', qop: 'auth', ha1 };
}
