import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import { DeregistrationReason } from '../../ports/cx-push.ts';
import { type Avp, avp } from '../diameter/avp.ts';
import { hexText, utf8Octets } from '../diameter/avp-types.ts';
import type { CxCommandPair } from './command-pair.ts';
import { lir } from './lir.ts';
import { mar } from './mar.ts';
import { ppr } from './ppr.ts';
import { rtr } from './rtr.ts';
import { sar } from './sar.ts';
import { uar } from './uar.ts';

const realm = 'ims.mnc001.mcc001.3gppnetwork.org';
const envelope = { sessionId: `scscf.${realm};1;2`, originHost: `scscf.${realm}`, originRealm: realm };
const requestEnvelope = { ...envelope, destinationRealm: realm, destinationHost: `hss.${realm}` };

const identity = fc.string({ minLength: 1, unit: 'grapheme' });
const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const result = fc.record({ vendor: fc.constantFrom(0, 10415), code: fc.integer({ min: 1000, max: 5999 }) });
const capability = fc.array(fc.integer({ min: 0, max: 4_294_967_295 }), { maxLength: 4 });
const serverChoice = {
  serverName: identity,
  serverCapabilities: fc.record({ mandatory: capability, optional: capability, serverNames: fc.array(identity) }),
};
const required = { requiredKeys: ['result'] as ['result'] };
const authorizationType = fc.constantFrom(0 as const, 1 as const, 2 as const);

function comesBack<Request, Answer>(
  pair: CxCommandPair<Request, Answer>,
  requests: fc.Arbitrary<Request>,
  answers: fc.Arbitrary<Answer>,
): void {
  fc.assert(
    fc.property(requests, answers, (request, answer) => {
      const foreign = avp('Route-Record', 'relay.example.org');
      const asked = pair.decodeRequest([...pair.encodeRequest(request, requestEnvelope), foreign]);
      expect(asked).toMatchObject({ ok: true, value: { envelope: requestEnvelope } });
      expect(asked.ok && asked.value.request).toEqual(request);
      const answered = pair.decodeAnswer(pair.encodeAnswer(answer, envelope));
      expect(answered.ok && answered.value.answer).toEqual(answer);
      expect(answered.ok && answered.value.envelope).toEqual(envelope);
    }),
  );
}

describe('typed Cx messages come back from their AVPs as they went', () => {
  it('UAR and UAA', () => {
    comesBack(
      uar,
      fc.record(
        {
          userName: identity,
          publicIdentity: identity,
          visitedNetworkIdentifier: identity,
          userAuthorizationType: authorizationType,
        },
        { requiredKeys: ['userName', 'publicIdentity', 'visitedNetworkIdentifier'] },
      ),
      fc.record({ result, ...serverChoice }, required),
    );
  });

  it('LIR and LIA', () => {
    comesBack(
      lir,
      fc.record(
        { publicIdentity: identity, originatingRequest: fc.constant(true), userAuthorizationType: authorizationType },
        { requiredKeys: ['publicIdentity'] },
      ),
      fc.record({ result, ...serverChoice }, required),
    );
  });

  it('MAR and MAA, with 00 in every secret', () => {
    const item = fc.record(
      {
        authenticationScheme: fc.constant('Digest-AKAv1-MD5' as const),
        authenticate: octets(32),
        authorization: fc.uint8Array({ minLength: 4, maxLength: 16 }),
        confidentialityKey: octets(16),
        integrityKey: octets(16),
      },
      { requiredKeys: ['authenticationScheme', 'authenticate', 'authorization'] },
    );
    const digestItem = fc.constantFrom(['MD5', 32] as const, ['SHA-256', 64] as const).chain(([algorithm, digits]) =>
      fc.record({
        authenticationScheme: fc.constant('SIP Digest' as const),
        digest: fc.record({
          realm: identity,
          algorithm: fc.constant(algorithm),
          qop: fc.constant('auth' as const),
          ha1: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: digits, maxLength: digits }),
        }),
      }),
    );
    comesBack(
      mar,
      fc.record(
        {
          userName: identity,
          publicIdentity: identity,
          serverName: identity,
          authenticationScheme: identity,
          numberAuthItems: fc.integer({ min: 1, max: 5 }),
          resync: fc.record({ rand: octets(16), auts: octets(14) }),
        },
        { requiredKeys: ['userName', 'publicIdentity', 'serverName', 'authenticationScheme', 'numberAuthItems'] },
      ),
      fc.record(
        {
          result,
          userName: identity,
          publicIdentity: identity,
          authDataItems: fc
            .array(fc.oneof(item, digestItem), { maxLength: 5 })
            .map((items) => items.map((each, index) => ({ ...each, itemNumber: index + 1 }))),
        },
        { requiredKeys: ['result', 'authDataItems'] },
      ),
    );
  });

  it('SAR and SAA', () => {
    comesBack(
      sar,
      fc.record(
        {
          userName: identity,
          publicIdentities: fc.array(identity, { minLength: 1, maxLength: 4 }),
          serverName: identity,
          serverAssignmentType: fc.constantFrom(...Object.values(ServerAssignmentType)),
          userDataAlreadyAvailable: fc.boolean(),
        },
        { requiredKeys: ['publicIdentities', 'serverName', 'serverAssignmentType', 'userDataAlreadyAvailable'] },
      ),
      fc.record(
        {
          result,
          userName: identity,
          userData: identity,
          chargingInformation: fc.record({ primaryCcf: identity, primaryEcf: identity }, { requiredKeys: [] }),
          serverName: identity,
        },
        required,
      ),
    );
  });
});

describe('typed requests of the HSS', () => {
  const answer = fc.record({ result });

  it('RTR and RTA', () => {
    comesBack(
      rtr,
      fc.record(
        {
          userName: identity,
          publicIdentities: fc.array(identity, { maxLength: 4 }),
          reason: fc.constantFrom(...Object.values(DeregistrationReason)),
          reasonInfo: identity,
        },
        { requiredKeys: ['userName', 'publicIdentities', 'reason'] },
      ),
      answer,
    );
  });

  it('PPR and PPA', () => {
    comesBack(
      ppr,
      fc.record(
        {
          userName: identity,
          userData: identity,
          chargingInformation: fc.record({ primaryCcf: identity, primaryEcf: identity }, { requiredKeys: [] }),
        },
        { requiredKeys: ['userName'] },
      ),
      answer,
    );
  });
});

const asked = {
  uar: uar.encodeRequest({ userName: 'u', publicIdentity: 'sip:a', visitedNetworkIdentifier: 'v' }, requestEnvelope),
  mar: mar.encodeRequest(
    { userName: 'u', publicIdentity: 'sip:a', serverName: 's', authenticationScheme: 'Unknown', numberAuthItems: 1 },
    requestEnvelope,
  ),
  sar: sar.encodeRequest(
    { publicIdentities: ['sip:a'], serverName: 's', serverAssignmentType: 1, userDataAlreadyAvailable: false },
    requestEnvelope,
  ),
  rtr: rtr.encodeRequest({ userName: 'u', publicIdentities: [], reason: 0 }, requestEnvelope),
  ppr: ppr.encodeRequest({ userName: 'u', userData: '<x/>' }, requestEnvelope),
};

/** An MAA as another HSS might make it. */
function digestAnswer(
  change: { algorithm?: string; qop?: string; ha1?: string },
  scheme = 'SIP Digest',
): readonly Avp[] {
  return [
    ...mar.encodeAnswer({ result: { vendor: 0, code: 2001 }, authDataItems: [] }, envelope),
    avp('SIP-Auth-Data-Item', [
      avp('SIP-Authentication-Scheme', scheme),
      avp('SIP-Digest-Authenticate', [
        avp('Digest-Realm', realm),
        ...(change.algorithm === undefined ? [] : [avp('Digest-Algorithm', change.algorithm)]),
        avp('Digest-QoP', change.qop ?? 'auth'),
        avp('Digest-HA1', change.ha1 ?? 'AB'.repeat(16)),
      ]),
    ]),
  ];
}

function without(avps: readonly Avp[], name: Parameters<typeof avp>[0]): readonly Avp[] {
  const { code, vendor } = avp(name, 0 as never);
  return avps.filter((each) => each.code !== code || each.vendor !== vendor);
}

describe('a malformed Cx message names the AVP at fault', () => {
  it.each([
    'Session-Id',
    'Vendor-Specific-Application-Id',
    'Auth-Session-State',
    'Origin-Host',
    'Origin-Realm',
    'Destination-Realm',
    'User-Name',
    'Public-Identity',
    'Visited-Network-Identifier',
  ] as const)('UAR without %s is 5005 with an example of it', (name) => {
    const reading = uar.decodeRequest(without(asked.uar, name));
    expect(reading).toMatchObject({ ok: false, problem: { resultCode: 5005, avp: name, text: `${name} is missing` } });
  });

  it('an example of a missing Public-Identity has its header and no data', () => {
    const reading = uar.decodeRequest(without(asked.uar, 'Public-Identity'));
    expect(reading.ok ? '' : hexText(reading.problem.failedAvp)).toBe('00000259c000000c000028af');
  });

  it.each<[string, () => { ok: boolean }, number, string]>([
    ['two User-Names', () => uar.decodeRequest([...asked.uar, avp('User-Name', 'x')]), 5009, 'User-Name'],
    [
      'an unknown User-Authorization-Type',
      () => uar.decodeRequest([...asked.uar, avp('User-Authorization-Type', 3)]),
      5004,
      'User-Authorization-Type',
    ],
    [
      'a network that is no UTF-8',
      () =>
        uar.decodeRequest([
          ...without(asked.uar, 'Visited-Network-Identifier'),
          avp('Visited-Network-Identifier', Uint8Array.of(0xff)),
        ]),
      5004,
      'Visited-Network-Identifier',
    ],
    [
      'an application of another vendor',
      () =>
        uar.decodeRequest([
          ...without(asked.uar, 'Vendor-Specific-Application-Id'),
          avp('Vendor-Specific-Application-Id', [avp('Vendor-Id', 13_019)]),
        ]),
      5004,
      'Vendor-Specific-Application-Id',
    ],
    [
      'an unknown Server-Assignment-Type',
      () => sar.decodeRequest([...without(asked.sar, 'Server-Assignment-Type'), avp('Server-Assignment-Type', 12)]),
      5004,
      'Server-Assignment-Type',
    ],
    ['no identity in SAR', () => sar.decodeRequest(without(asked.sar, 'Public-Identity')), 5005, 'Public-Identity'],
    [
      'RAND and AUTS of 29 octets',
      () =>
        mar.decodeRequest([
          ...without(asked.mar, 'SIP-Auth-Data-Item'),
          avp('SIP-Auth-Data-Item', [
            avp('SIP-Authentication-Scheme', 'Digest-AKAv1-MD5'),
            avp('SIP-Authorization', new Uint8Array(29)),
          ]),
        ]),
      5004,
      'SIP-Authorization',
    ],
    [
      'an item without a scheme',
      () => mar.decodeRequest([...without(asked.mar, 'SIP-Auth-Data-Item'), avp('SIP-Auth-Data-Item', [])]),
      5005,
      'SIP-Authentication-Scheme',
    ],
    [
      'a Reason-Code that nobody knows',
      () =>
        rtr.decodeRequest([
          ...without(asked.rtr, 'Deregistration-Reason'),
          avp('Deregistration-Reason', [avp('Reason-Code', 4)]),
        ]),
      5004,
      'Reason-Code',
    ],
    [
      'a Deregistration-Reason without its code',
      () => rtr.decodeRequest([...without(asked.rtr, 'Deregistration-Reason'), avp('Deregistration-Reason', [])]),
      5005,
      'Reason-Code',
    ],
    [
      'an RTR without a reason',
      () => rtr.decodeRequest(without(asked.rtr, 'Deregistration-Reason')),
      5005,
      'Deregistration-Reason',
    ],
    ['a PPR of nobody', () => ppr.decodeRequest(without(asked.ppr, 'User-Name')), 5005, 'User-Name'],
    [
      'an item of a scheme that was not asked for',
      () => mar.decodeAnswer(digestAnswer({}, 'NASS-Bundled')),
      5004,
      'SIP-Authentication-Scheme',
    ],
    [
      'a digest in an algorithm that is none of ours',
      () => mar.decodeAnswer(digestAnswer({ algorithm: 'SHA-512-256' })),
      5004,
      'Digest-Algorithm',
    ],
    ['a digest with auth-int', () => mar.decodeAnswer(digestAnswer({ qop: 'auth-int' })), 5004, 'Digest-QoP'],
    ['an HA1 of another hash', () => mar.decodeAnswer(digestAnswer({ ha1: 'a'.repeat(64) })), 5004, 'Digest-HA1'],
    ['an HA1 that is no hex', () => mar.decodeAnswer(digestAnswer({ ha1: 'z'.repeat(32) })), 5004, 'Digest-HA1'],
    [
      'an answer without a result',
      () => lir.decodeAnswer([avp('Session-Id', 's'), avp('Origin-Host', 'h'), avp('Origin-Realm', 'r')]),
      5005,
      'Result-Code',
    ],
    [
      'an answer with both results',
      () =>
        lir.decodeAnswer([
          ...lir.encodeAnswer({ result: { vendor: 10415, code: 5001 } }, envelope),
          avp('Result-Code', 2001),
        ]),
      5004,
      'Experimental-Result',
    ],
    [
      'a profile that is no UTF-8',
      () =>
        sar.decodeAnswer([
          ...sar.encodeAnswer({ result: { vendor: 0, code: 2001 } }, envelope),
          avp('User-Data', Uint8Array.of(0xc0)),
        ]),
      5004,
      'User-Data',
    ],
  ])('%s', (_what, read, resultCode, name) => {
    expect(read()).toMatchObject({ ok: false, problem: { resultCode, avp: name } });
  });

  it('an answer with the E bit needs neither application nor session state', () => {
    const reading = uar.decodeAnswer([
      avp('Session-Id', 's'),
      avp('Origin-Host', 'h'),
      avp('Origin-Realm', 'r'),
      avp('Result-Code', 3002),
    ]);
    expect(reading).toMatchObject({ ok: true, value: { answer: { result: { vendor: 0, code: 3002 } } } });
  });

  it('the vectors of an MAA come in the order of their numbers', () => {
    const item = (itemNumber: number) => ({
      itemNumber,
      authenticationScheme: 'Digest-AKAv1-MD5' as const,
      authenticate: new Uint8Array(32),
      authorization: new Uint8Array(8),
    });
    const answer = { result: { vendor: 0, code: 2001 }, authDataItems: [item(3), item(1), item(2)] };
    const reading = mar.decodeAnswer(mar.encodeAnswer(answer, envelope));
    expect(reading.ok && reading.value.answer.authDataItems.map((each) => each.itemNumber)).toEqual([1, 2, 3]);
  });

  it('a digest without an algorithm is MD5, its HA1 in lower case, and an item without a number the first', () => {
    const reading = mar.decodeAnswer(digestAnswer({}));
    expect(reading.ok && reading.value.answer.authDataItems).toEqual([
      {
        itemNumber: 1,
        authenticationScheme: 'SIP Digest',
        digest: { realm, algorithm: 'MD5', qop: 'auth', ha1: 'ab'.repeat(16) },
      },
    ]);
  });

  it('an HA1 that cannot be used is in no error', () => {
    const reading = mar.decodeAnswer(digestAnswer({ ha1: 'c0ffee' }));
    expect(JSON.stringify(reading)).not.toContain('c0ffee');
    expect(reading.ok ? '' : hexText(reading.problem.failedAvp)).toBe('0000007940000008');
  });

  it('Proxy-Info of a request goes into its answer', () => {
    const proxyInfo = [[avp('Proxy-Host', 'relay.example.org'), avp('Proxy-State', utf8Octets('x'))]];
    const request = uar.decodeRequest([...asked.uar, avp('Proxy-Info', proxyInfo[0] ?? [])]);
    expect(request.ok && request.value.envelope.proxyInfo).toEqual(proxyInfo);
    const answer = uar.encodeAnswer({ result: { vendor: 0, code: 2001 } }, { ...envelope, proxyInfo });
    expect(answer.at(-1)).toEqual(avp('Proxy-Info', proxyInfo[0] ?? []));
  });
});
