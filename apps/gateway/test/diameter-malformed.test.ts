import { uar } from '@imslab/ims-core/protocols/cx/uar';
import type { Avp } from '@imslab/ims-core/protocols/diameter/avp';
import { avp } from '@imslab/ims-core/protocols/diameter/avp';
import { hexText } from '@imslab/ims-core/protocols/diameter/avp-types';
import { baseRequestHeader } from '@imslab/ims-core/protocols/diameter/base-messages';
import type { DiameterMessage } from '@imslab/ims-core/protocols/diameter/message';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../packages/ims-core/test/kit/seeded-random.ts';
import { encodeMessage } from '../src/diameter/codec.ts';
import type { ConnectedCxClient } from '../src/diameter/cx-client.ts';
import type { CxServer } from '../src/diameter/cx-server.ts';
import { CxLab, capabilities, cer, impi, impu, type RawPeer, realm, until } from './kit/cx-lab.ts';

const foreignHost = 'foreign.example.org';
const lab = new CxLab();
let server: CxServer;
let good: ConnectedCxClient;

beforeEach(async () => {
  server = await lab.server();
  good = lab.client(server.port);
  expect(await good.ready(5_000)).toBe(true);
});

/** Whatever a test did to the server, the other peer is still served, on the same connection. */
afterEach(async () => {
  expect(good.state()).toBe('Okay');
  expect(await good.locationInfo({ publicIdentity: impu }, { cause: null })).toMatchObject({ ok: true });
  await lab.close();
});

async function introduced(): Promise<RawPeer> {
  const peer = await lab.rawClient(server.port);
  expect(resultOf(await peer.introduce(foreignHost))).toBe(2001);
  return peer;
}

function resultOf(message: DiameterMessage): unknown {
  return message.avps.find((each) => each.code === 268)?.value;
}

function failedAvpOf(message: DiameterMessage): string | undefined {
  const value = message.avps.find((each) => each.code === 279)?.value;
  return value instanceof Uint8Array ? hexText(value) : undefined;
}

const header = {
  request: true,
  proxiable: true,
  error: false,
  retransmitted: false,
  commandCode: 300,
  applicationId: 16_777_216,
};

const uarAvps = uar.encodeRequest(
  { userName: impi, publicIdentity: impu, visitedNetworkIdentifier: realm },
  { sessionId: `${foreignHost};1;1`, originHost: foreignHost, originRealm: realm, destinationRealm: realm },
);

function request(hopByHop: number, changes: Partial<DiameterMessage> = {}): Uint8Array {
  const message = { ...header, hopByHop, endToEnd: hopByHop, avps: uarAvps, ...changes };
  return encodeMessage(message, message.avps);
}

/** A UAR with these octets after its AVPs. */
function requestWith(hopByHop: number, tail: string): Uint8Array {
  const octets = Buffer.concat([request(hopByHop), Buffer.from(tail, 'hex')]);
  octets.writeUInt32BE(0x0100_0000 + octets.length, 0);
  return new Uint8Array(octets);
}

describe('a peer that sends what can not be served', () => {
  it.each<[what: string, octets: Uint8Array, resultCode: number, failedAvp: string | undefined]>([
    ['an AVP of length 0', requestWith(2, '0000000140000000'), 5014, '0000000140000008'],
    ['an AVP beyond the message', requestWith(2, '0000000140ffff0061626364'), 5014, '0000000140000008'],
    ['an unknown AVP with M', requestWith(2, '0000fffe4000000c01020304'), 5001, '0000fffe4000000c01020304'],
    ['a reserved AVP bit', requestWith(2, '000000014800000961000000'), 3009, '000000014800000961000000'],
    ['no Public-Identity', request(2, { avps: dropped(uarAvps, 601) }), 5005, '00000259c000000c000028af'],
    ['two User-Names', request(2, { avps: [...uarAvps, avp('User-Name', 'x')] }), 5009, '0000000140000008'],
    ['an unknown command of Cx', request(2, { commandCode: 399 }), 3001, undefined],
    ['a command that only a CSCF serves', request(2, { commandCode: 304 }), 3001, undefined],
    ['an unknown command of the base', request(2, { commandCode: 271, applicationId: 0 }), 3001, undefined],
    ['another application', request(2, { applicationId: 16_777_217 }), 3007, undefined],
    ['another realm', request(2, { avps: destined('Destination-Realm', 'other.example.org') }), 3003, undefined],
    ['another host', request(2, { avps: [...uarAvps, avp('Destination-Host', 'hss.example.org')] }), 3002, undefined],
    ['the E bit in a request', request(2, { error: true }), 3008, undefined],
  ])('is told about %s, and then served', async (_what, octets, resultCode, failedAvp) => {
    const peer = await introduced();
    peer.send(octets);
    const refusal = await peer.next();
    expect({ result: resultOf(refusal), failedAvp: failedAvpOf(refusal) }).toEqual({ result: resultCode, failedAvp });
    expect(refusal).toMatchObject({ request: false, hopByHop: 2, endToEnd: 2, error: resultCode < 4_000 });
    expect(refusal.avps[0]).toEqual(avp('Session-Id', `${foreignHost};1;1`));
    peer.send(request(3));
    expect(await peer.next()).toMatchObject({ request: false, hopByHop: 3, commandCode: 300 });
  });

  it('is served with an unknown AVP without M', async () => {
    const peer = await introduced();
    peer.send(requestWith(2, '0000fffe8000001000001092c3280001'));
    const answer = await peer.next();
    expect(answer.avps.some((each) => each.code === 297)).toBe(true);
  });

  it.each<[string, Uint8Array]>([
    ['garbage', new Uint8Array(Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n'))],
    ['another version', Uint8Array.of(2, 0, 0, 20, 0, 0, 0, 0)],
    ['a length that is no multiple of 4', Uint8Array.of(1, 0, 0, 21)],
    ['a length beyond the limit', Uint8Array.of(1, 0xff, 0xff, 0xfc)],
  ])('is left at %s, after what came before was answered', async (_what, octets) => {
    const peer = await introduced();
    peer.send(new Uint8Array([...requestWith(2, '0000fffe4000000c01020304'), ...octets]));
    expect(resultOf(await peer.next())).toBe(5001);
    await until(() => peer.closed);
    expect(lab.trace.notes()).toContain('DIAMETER_STREAM_BROKEN');
  });

  it.each<[string, Uint8Array]>([
    ['a request', request(1)],
    ['a watchdog', encodeMessage(baseRequestHeader('DWR', { hopByHop: 1, endToEnd: 1 }), [])],
    ['an answer', request(1, { request: false })],
  ])('is left when it sends %s before CER', async (_what, octets) => {
    const peer = await lab.rawClient(server.port);
    peer.send(octets);
    await until(() => peer.closed);
    expect(peer.received).toEqual([]);
  });

  it.each<[what: string, avps: readonly Avp[], resultCode: number]>([
    ['no application in common', dropped(dropped(capabilities(foreignHost), 258), 260), 5010],
    [
      'only security that we do not have',
      [...dropped(capabilities(foreignHost), 299), avp('Inband-Security-Id', 1)],
      5017,
    ],
    ['no Origin-Host', dropped(capabilities(foreignHost), 264), 5005],
    ['the name of a peer that is connected', capabilities(`scscf.${realm}`), 5012],
  ])('is refused in CEA and left: %s', async (_what, avps, resultCode) => {
    const peer = await lab.rawClient(server.port);
    peer.send(cer(avps));
    expect(resultOf(await peer.next())).toBe(resultCode);
    await until(() => peer.closed);
  });

  it('stands on the ladder by its own name even when its CER is refused', async () => {
    const peer = await lab.rawClient(server.port);
    peer.send(cer(dropped(capabilities(foreignHost), 257)));
    expect(resultOf(await peer.next())).toBe(5005);
    const refusals = lab.trace.events.filter(
      (event) => event.kind === 'diameter' && event.diameter.command === 'CEA' && event.diameter.resultCode === 5005,
    );
    expect(refusals.at(-1)?.to.label).toBe(foreignHost);
  });

  it('is welcome as a relay', async () => {
    const peer = await lab.rawClient(server.port);
    const avps = dropped(dropped(capabilities(foreignHost), 258), 260);
    const cea = await peer.introduce(foreignHost, [...avps, avp('Auth-Application-Id', 4_294_967_295)]);
    expect(resultOf(cea)).toBe(2001);
  });
});

describe('a stream in any segments', () => {
  it('answers 64 requests that come in one segment, each once', async () => {
    const peer = await introduced();
    const numbers = Array.from({ length: 64 }, (_, index) => 100 + index);
    peer.send(new Uint8Array(Buffer.concat(numbers.map((number) => request(number)))));
    await until(() => peer.received.length === 64);
    expect(peer.received.map((answer) => answer.hopByHop).toSorted((a, b) => a - b)).toEqual(numbers);
  });

  it('answers CER and requests that come octet by octet', async () => {
    const peer = await lab.rawClient(server.port);
    for (const octet of [...cer(capabilities(foreignHost)), ...request(5)]) peer.send(Uint8Array.of(octet));
    expect(await peer.next()).toMatchObject({ commandCode: 257 });
    expect(await peer.next()).toMatchObject({ hopByHop: 5 });
  });

  it('gives a duplicate with the T bit the first answer, and serves it once', async () => {
    const peer = await introduced();
    peer.send(request(7, { endToEnd: 70 }));
    const first = await peer.next();
    const again = await lab.rawClient(server.port);
    peer.destroy();
    await until(() => server.peers().length === 2);
    await again.introduce(foreignHost);
    again.send(request(8, { endToEnd: 70, retransmitted: true }));
    const second = await again.next();
    expect(second).toEqual({ ...first, hopByHop: 8 });
  });

  it('outlives 300 mutated messages on new connections', async () => {
    const random = new SeededRandom(5);
    for (let round = 0; round < 300; round += 1) {
      const peer = await lab.rawClient(server.port);
      peer.send(cer(capabilities(`${round}.example.org`)));
      const octets = request(round + 10);
      for (const at of random.bytes(4)) octets[at % octets.length] = random.bytes(1)[0] ?? 0;
      peer.send(octets);
      await peer.next();
      peer.destroy();
      await until(() => server.peers().length <= 8);
    }
  });
});

function dropped(avps: readonly Avp[], code: number): readonly Avp[] {
  return avps.filter((each) => each.code !== code);
}

function destined(name: 'Destination-Realm', value: string): readonly Avp[] {
  return uarAvps.map((each) => (each.code === 283 ? avp(name, value) : each));
}
