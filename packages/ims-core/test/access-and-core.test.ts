import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPcscf, type Pcscf } from '../src/nodes/pcscf/pcscf.ts';
import type { SipFlow, SipHop, SipTransport } from '../src/ports/sip-transport.ts';
import { request, response } from '../src/protocols/sip/build.ts';
import type { SipMessage, SipRequest, SipResponse } from '../src/protocols/sip/message.ts';
import { serializeNameAddr } from '../src/protocols/sip/name-addr.ts';
import { bodyText, contacts, header, routes, tagOf } from '../src/protocols/sip/read.ts';
import { serializeMessage } from '../src/protocols/sip/serialize.ts';
import { CoreLab, D, tcpHop } from './kit/core-lab.ts';
import { FakeMediaRelay } from './kit/fake-media-relay.ts';
import { SeededRandom } from './kit/seeded-random.ts';
import { SipPeer } from './kit/sip-peer.ts';
import { TestUe } from './kit/test-ue.ts';

const WEB_SOCKET: SipHop = { transport: 'WS', host: '127.0.0.1', port: 8080 };
const SDP = ['Content-Type', 'application/sdp'] as const;

let lab: CoreLab;
let pcscf: Pcscf;
let media: FakeMediaRelay;

beforeEach(async () => {
  lab = await CoreLab.start();
  // The test's peer gives its place to the real P-CSCF.
  await lab.pcscf.close();
  media = new FakeMediaRelay();
  pcscf = createPcscf({
    config: {
      domain: D,
      host: `pcscf.${D}`,
      port: 5060,
      webSocketPort: 8080,
      trustedSources: [tcpHop('icscf').host, tcpHop('scscf').host],
      session: { sessionExpiresS: 1800, minSeS: 90 },
    },
    clock: lab.clock,
    random: new SeededRandom(1),
    transport: lab.network.node([tcpHop('pcscf'), WEB_SOCKET]),
    resolver: {
      resolve: ({ host }) => {
        if (host === D || host === `icscf.${D}`) return [tcpHop('icscf')];
        return host === `scscf.${D}` ? [tcpHop('scscf')] : [];
      },
    },
    trace: lab.trace,
    media,
    nameOf: (identity) => {
      for (const name of ['Alice', 'Bob']) {
        const ue = new TestUe(name);
        if (identity === ue.impi || identity === ue.impu) return { id: ue.impi.slice(0, 15), label: name };
      }
      return undefined;
    },
    partyOf: (peer: SipFlow | SipHop) => {
      const { host } = 'id' in peer ? peer.remote : peer;
      return host === tcpHop('icscf').host
        ? { node: 'icscf', id: '', label: 'I-CSCF' }
        : { node: 'scscf', id: '', label: 'S-CSCF' };
    },
    log: { warn: () => {}, error: () => {} },
  });
  await pcscf.start();
});
afterEach(async () => {
  await pcscf.close();
  await lab.close();
});

/** A browser tab: a soft card behind a WebSocket. */
class Tab {
  readonly ue: TestUe;
  readonly peer: SipPeer;
  readonly contact: string;
  readonly #transport: SipTransport;
  #cseq = 0;

  private constructor(ue: TestUe, peer: SipPeer, transport: SipTransport) {
    this.ue = ue;
    this.peer = peer;
    this.#transport = transport;
    this.contact = `sip:${ue.name.toLowerCase()}@${ue.name.toLowerCase()}.invalid;transport=ws`;
  }

  static async open(name: string): Promise<Tab> {
    const transport = lab.network.node();
    return new Tab(new TestUe(name, { algorithm: 'AKAv2-SHA-256' }), await SipPeer.start(transport), transport);
  }

  async send(message: SipMessage): Promise<void> {
    (await this.flow()).send(serializeMessage(message));
    await lab.clock.advance(40);
  }

  flow(): Promise<SipFlow> {
    return this.#transport.flowTo(WEB_SOCKET);
  }

  last(): SipResponse {
    const last = this.peer.responses.at(-1);
    if (last === undefined) throw new Error('no response came');
    return last;
  }

  async register(expires = 600_000): Promise<SipResponse> {
    await this.send(this.#register(this.ue.announcement(), expires));
    if (this.last().status === 401) await this.send(this.#register(this.ue.answer(this.last()), expires));
    return this.last();
  }

  request(
    method: string,
    uri: string,
    options: { routes: readonly string[]; toTag?: string; cseq: number; sdp?: string },
  ) {
    return request(
      method,
      uri,
      [
        ['Via', `SIP/2.0/WS tab.invalid;branch=z9hG4bK${this.ue.name}${method}${options.cseq}`],
        ['Max-Forwards', '70'],
        ...options.routes.map((route) => ['Route', route] as const),
        ['From', `<${this.ue.impu}>;tag=${this.ue.name}`],
        ['To', options.toTag === undefined ? `<${uri}>` : `<${uri}>;tag=${options.toTag}`],
        ['Call-ID', 'call-1'],
        ['CSeq', `${options.cseq} ${method}`],
        ['Contact', `<${this.contact}>`],
        ...(options.sdp === undefined ? [] : [SDP]),
      ],
      options.sdp,
    );
  }

  async answer(to: SipRequest, status: number, sdp?: string): Promise<void> {
    const recorded = routes(to, 'Record-Route').map((entry) => ['Record-Route', serializeNameAddr(entry)] as const);
    const headers = [...recorded, ['Contact', `<${this.contact}>`] as const, ...(sdp === undefined ? [] : [SDP])];
    this.peer.reply(
      to,
      response(to, status, { toTag: this.ue.name, headers, ...(sdp === undefined ? {} : { body: sdp }) }),
    );
    await lab.clock.advance(40);
  }

  #register(authorization: string, expires: number): SipRequest {
    this.#cseq += 1;
    return request('REGISTER', `sip:${D}`, [
      ['Via', `SIP/2.0/WS tab.invalid;branch=z9hG4bK${this.ue.name}reg${this.#cseq};keep`],
      ['Max-Forwards', '70'],
      ['From', `<${this.ue.impu}>;tag=f`],
      ['To', `<${this.ue.impu}>`],
      ['Call-ID', `reg-${this.ue.name}`],
      ['CSeq', `${this.#cseq} REGISTER`],
      ['Contact', `<${this.contact}>;reg-id=1;+sip.instance="<urn:uuid:${this.ue.name}>";expires=${expires}`],
      ['Supported', 'path, gruu, outbound'],
      ['Authorization', authorization],
    ]);
  }
}

/** Alice calls Bob, who answers. */
async function call(alice: Tab, bob: Tab) {
  const serviceRoute = routes(alice.last(), 'Service-Route').map(serializeNameAddr);
  const own = `<sip:pcscf.${D}:5060;lr>`;
  await alice.send(alice.request('INVITE', bob.ue.impu, { routes: [own, ...serviceRoute], cseq: 1, sdp: 'A' }));
  const invite = bob.peer.last('INVITE');
  await bob.answer(invite, 180);
  await bob.answer(invite, 200, 'B');
  const ok = alice.last();
  const dialog = { routes: routes(ok, 'Record-Route').map(serializeNameAddr).toReversed(), toTag: tagOf(ok, 'To') };
  const target = contacts(ok)[0]?.uriText ?? '';
  await alice.send(alice.request('ACK', target, { ...dialog, cseq: 1 }));
  return { invite, ok, dialog, target };
}

describe('two tabs through P-, I- and S-CSCF', () => {
  it('register with AKAv2 and are bound in P-CSCF and S-CSCF', async () => {
    const alice = await Tab.open('Alice');
    const ok = await alice.register();
    expect(ok.status).toBe(200);
    expect(header(ok, 'P-Charging-Vector')).toBeUndefined();
    expect(pcscf.registrations()).toMatchObject([{ ue: { label: 'Alice' }, contact: alice.contact }]);
    expect(lab.scscf.registrations()).toHaveLength(1);
    expect(lab.trace.ladder().slice(0, 3)).toEqual([
      '1 REGISTER Alice to P-CSCF',
      '2 REGISTER P-CSCF to I-CSCF',
      '3 UAR I-CSCF to HSS',
    ]);
  });

  it('call each other: the called one sees who calls, both get media, BYE ends it all', async () => {
    const [alice, bob] = [await Tab.open('Alice'), await Tab.open('Bob')];
    await bob.register();
    await alice.register();
    const { invite, ok, dialog, target } = await call(alice, bob);
    expect(header(invite, 'P-Asserted-Identity')).toContain(alice.ue.impu);
    expect(invite.uri).toBe(bob.contact);
    expect(header(invite, 'P-Charging-Vector')).toBeUndefined();
    expect(ok.status).toBe(200);
    expect(header(ok, 'P-Asserted-Identity')).toContain(bob.ue.impu);
    expect(bodyText(ok)).toBe('answer core answer webrtc B');
    expect(bob.peer.last('ACK')).toBeDefined();
    expect(pcscf.calls()).toMatchObject([{ callId: 'call-1', state: 'confirmed' }]);

    await alice.send(alice.request('BYE', target, { ...dialog, cseq: 2 }));
    await bob.answer(bob.peer.last('BYE'), 200);
    expect(alice.last().status).toBe(200);
    expect(pcscf.calls()).toEqual([]);
    expect(media.totals().sessions).toBe(0);
  });

  it('lose a tab: after ten seconds the other one gets a BYE, and S-CSCF and HSS know', async () => {
    const [alice, bob] = [await Tab.open('Alice'), await Tab.open('Bob')];
    await bob.register();
    await alice.register();
    await call(alice, bob);
    (await alice.flow()).close();
    await lab.clock.advance(10_100);
    await bob.answer(bob.peer.last('BYE'), 200);
    expect(header(bob.peer.last('BYE'), 'Reason')).toMatch(/cause=503/);
    expect(pcscf.calls()).toEqual([]);
    expect(media.totals().sessions).toBe(0);
    expect(lab.scscf.registrations()).toHaveLength(1);
    expect(lab.scscfCx.sars.at(-1)).toMatchObject({ serverAssignmentType: 5 });
  });

  it('come back after a lost connection and go on in the same call', async () => {
    const [alice, bob] = [await Tab.open('Alice'), await Tab.open('Bob')];
    await bob.register();
    await alice.register();
    const { dialog, target } = await call(alice, bob);
    (await alice.flow()).close();
    await lab.clock.advance(3_000);
    expect((await alice.register()).status).toBe(200);
    await alice.send(alice.request('INFO', target, { ...dialog, cseq: 3 }));
    await bob.answer(bob.peer.last('INFO'), 200);
    expect(alice.last().status).toBe(200);
    await lab.clock.advance(20_000);
    expect(pcscf.calls()).toHaveLength(1);
  });

  it('are released by the operator from both ends', async () => {
    const [alice, bob] = [await Tab.open('Alice'), await Tab.open('Bob')];
    await bob.register();
    await alice.register();
    await call(alice, bob);
    const released = pcscf.release('call-1');
    await lab.clock.advance(40);
    await alice.answer(alice.peer.last('BYE'), 200);
    await bob.answer(bob.peer.last('BYE'), 200);
    expect(await released).toBe(true);
    expect(pcscf.calls()).toEqual([]);
    expect(media.log.filter((line) => line.startsWith('delete')).toSorted()).toEqual([
      'delete originating',
      'delete terminating',
    ]);
  });

  it('de-register, and calls to them find nobody', async () => {
    const [alice, bob] = [await Tab.open('Alice'), await Tab.open('Bob')];
    await bob.register();
    await alice.register();
    const serviceRoute = routes(alice.last(), 'Service-Route').map(serializeNameAddr);
    expect((await bob.register(0)).status).toBe(200);
    expect(pcscf.registrations()).toHaveLength(1);
    await alice.send(alice.request('INVITE', bob.ue.impu, { routes: serviceRoute, cseq: 1, sdp: 'A' }));
    expect(alice.last().status).toBe(480);
    expect(media.totals().sessions).toBe(0);
  });
});
