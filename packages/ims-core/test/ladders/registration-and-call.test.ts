import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPcscf, type Pcscf } from '../../src/nodes/pcscf/pcscf.ts';
import type { SipFlow, SipHop } from '../../src/ports/sip-transport.ts';
import { request, response } from '../../src/protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { header, headerValues, vias } from '../../src/protocols/sip/read.ts';
import { CoreLab, D, nameOf } from '../kit/core-lab.ts';
import { FakeMediaRelay } from '../kit/fake-media-relay.ts';
import { SipPeer } from '../kit/sip-peer.ts';
import { TestUe } from '../kit/test-ue.ts';

const WEB_SOCKET: SipHop = { transport: 'WS', host: '192.0.2.1', port: 8080 };

let lab: CoreLab;
let pcscf: Pcscf;

beforeEach(async () => {
  lab = await CoreLab.start({ playPcscf: false });
  pcscf = createPcscf({
    ...lab.shared('pcscf', 1, [WEB_SOCKET]),
    config: {
      domain: D,
      host: `pcscf.${D}`,
      port: 5060,
      webSocketPort: 8080,
      session: { sessionExpiresS: 1800, minSeS: 90 },
      trustedSources: ['192.0.2.4', '192.0.2.6'],
      subscribesToRegEvent: false,
    },
    media: new FakeMediaRelay(),
    nameOf,
  });
  await pcscf.start();
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await pcscf.close();
  await lab.close();
});

/** A browser's phone: its own SIM, one WebSocket to the P-CSCF. */
class Phone {
  readonly sim: TestUe;
  readonly peer: SipPeer;
  flow!: SipFlow;
  #serial = 0;

  private constructor(sim: TestUe, peer: SipPeer) {
    this.sim = sim;
    this.peer = peer;
  }

  static async open(name: string): Promise<Phone> {
    return new Phone(
      new TestUe(name, { algorithm: 'AKAv2-SHA-256' }),
      await SipPeer.start(lab.network.node([], '127.0.0.1')),
    );
  }

  get contact(): string {
    return `<sip:${this.sim.name.toLowerCase()}@page.invalid;transport=ws>`;
  }

  async send(message: SipRequest): Promise<void> {
    this.flow = await this.peer.sendTo(WEB_SOCKET, message);
    await lab.settle();
  }

  async register(expires = 600_000): Promise<SipResponse> {
    const { sim } = this;
    await this.send(this.#register(expires, sim.announcement()));
    const challenge = this.peer.responses.at(-1) ?? expect.fail('an answer came');
    expect(challenge.status).toBe(401);
    await this.send(this.#register(expires, sim.answer(challenge)));
    return this.peer.responses.at(-1) ?? expect.fail('an answer came');
  }

  /** An INVITE with this phone's Service-Route. */
  invite(uri: string, serviceRoute: string): SipRequest {
    return request(
      'INVITE',
      uri,
      [
        ['Via', this.#via()],
        ['Max-Forwards', '70'],
        ['Route', `<sip:pcscf.${D}:5060;lr>`],
        ['Route', serviceRoute],
        ['From', `<${this.sim.impu}>;tag=${this.sim.name}`],
        ['To', `<${uri}>`],
        ['Call-ID', 'call-1'],
        ['CSeq', '1 INVITE'],
        ['Contact', this.contact],
        ['Content-Type', 'application/sdp'],
      ],
      'offer',
    );
  }

  /** A request within the dialog that an answer to this phone made. */
  within(method: string, cseq: number, answer: SipResponse): SipRequest {
    return request(method, /<([^>]*)>/.exec(header(answer, 'Contact') ?? '')?.[1] ?? '', [
      ['Via', this.#via()],
      ['Max-Forwards', '70'],
      ...headerValues(answer, 'Record-Route')
        .toReversed()
        .map((route) => ['Route', route] as const),
      ['From', header(answer, 'From') ?? ''],
      ['To', header(answer, 'To') ?? ''],
      ['Call-ID', 'call-1'],
      ['CSeq', `${cseq} ${method}`],
    ]);
  }

  /** Answers the latest request with this method. */
  async answer(method: string, status: number, body = ''): Promise<void> {
    const asked = this.peer.last(method);
    const headers = [
      ...headerValues(asked, 'Record-Route').map((route) => ['Record-Route', route] as const),
      ['Contact', this.contact] as const,
      ...(body === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
    ];
    this.peer.reply(asked, response(asked, status, { toTag: this.sim.name, headers, body }));
    await lab.settle();
  }

  #register(expires: number, authorization: string): SipRequest {
    const { sim } = this;
    this.#serial += 1;
    return request('REGISTER', `sip:${D}`, [
      ['Via', this.#via()],
      ['Max-Forwards', '70'],
      ['From', `<${sim.impu}>;tag=reg`],
      ['To', `<${sim.impu}>`],
      ['Call-ID', `reg-${sim.name}`],
      ['CSeq', `${this.#serial} REGISTER`],
      ['Contact', `${this.contact};reg-id=1;+sip.instance="<urn:uuid:${sim.name}>"`],
      ['Expires', String(expires)],
      ['Supported', 'path, outbound'],
      ['Authorization', authorization],
    ]);
  }

  #via(): string {
    this.#serial += 1;
    return `SIP/2.0/WS ${this.sim.name.toLowerCase()}.invalid;branch=z9hG4bK${this.sim.name}${this.#serial}`;
  }
}

/** The ladder from an event on, without numbers. */
const ladderFrom = (seq: number): string[] =>
  lab.trace
    .ladder()
    .filter((line) => Number(line.split(' ', 1)[0]) > seq)
    .map((line) => line.replace(/^\d+ /, ''));

describe('the ladder of the whole IMS', () => {
  it('shows a registration', async () => {
    const alice = await Phone.open('Alice');
    const ok = await alice.register();
    expect(ok.status).toBe(200);
    expect(header(ok, 'Require')).toBe('outbound');
    expect(header(ok, 'P-Charging-Vector')).toBeUndefined();
    expect(ladderFrom(0)).toMatchInlineSnapshot(`
      [
        "REGISTER Alice to P-CSCF",
        "REGISTER P-CSCF to I-CSCF",
        "UAR I-CSCF to HSS",
        "UAA 2001 HSS to I-CSCF",
        "REGISTER I-CSCF to S-CSCF",
        "MAR S-CSCF to HSS",
        "MAA 2001 HSS to S-CSCF",
        "401 S-CSCF to I-CSCF",
        "401 I-CSCF to P-CSCF",
        "401 P-CSCF to Alice",
        "REGISTER Alice to P-CSCF",
        "REGISTER P-CSCF to I-CSCF",
        "UAR I-CSCF to HSS",
        "UAA 2002 HSS to I-CSCF",
        "REGISTER I-CSCF to S-CSCF",
        "SAR S-CSCF to HSS",
        "SAA 2001 HSS to S-CSCF",
        "200 S-CSCF to I-CSCF",
        "200 I-CSCF to P-CSCF",
        "200 P-CSCF to Alice",
      ]
    `);
    expect(lab.trace.notes()).toEqual(['REGISTRATION_CREATED', 'REGISTRATION_BOUND']);
  });

  it('shows a call from ringing to hanging up', async () => {
    const [alice, bob] = [await Phone.open('Alice'), await Phone.open('Bob')];
    const registered = await alice.register();
    await bob.register();
    const from = lab.trace.events.length;

    await alice.send(alice.invite('tel:+15550001002', header(registered, 'Service-Route') ?? ''));
    await bob.answer('INVITE', 180);
    await bob.answer('INVITE', 200, 'answer');
    const answered = alice.peer.responses.at(-1) ?? expect.fail('an answer came');
    expect(headerValues(answered, 'P-Asserted-Identity')).toEqual([`<${bob.sim.number}>`, `<${bob.sim.impu}>`]);
    await alice.send(alice.within('ACK', 1, answered));
    await alice.send(alice.within('BYE', 2, answered));
    await bob.answer('BYE', 200);

    expect(bob.peer.log).toEqual(['401', '200', 'INVITE', 'ACK', 'BYE']);
    const invite = bob.peer.last('INVITE');
    expect(header(invite, 'P-Called-Party-ID')).toBe('<tel:+15550001002>');
    expect(vias(invite)).toHaveLength(6);
    expect(ladderFrom(from)).toMatchInlineSnapshot(`
      [
        "INVITE Alice to P-CSCF",
        "100 P-CSCF to Alice",
        "INVITE P-CSCF to S-CSCF",
        "100 S-CSCF to P-CSCF",
        "INVITE S-CSCF to I-CSCF",
        "100 I-CSCF to S-CSCF",
        "LIR I-CSCF to HSS",
        "LIA 2001 HSS to I-CSCF",
        "INVITE I-CSCF to S-CSCF",
        "100 S-CSCF to I-CSCF",
        "INVITE S-CSCF to P-CSCF",
        "100 P-CSCF to S-CSCF",
        "INVITE P-CSCF to Bob",
        "180 Bob to P-CSCF",
        "180 P-CSCF to S-CSCF",
        "180 S-CSCF to I-CSCF",
        "180 I-CSCF to S-CSCF",
        "180 S-CSCF to P-CSCF",
        "180 P-CSCF to Alice",
        "200 Bob to P-CSCF",
        "200 P-CSCF to S-CSCF",
        "200 S-CSCF to I-CSCF",
        "200 I-CSCF to S-CSCF",
        "200 S-CSCF to P-CSCF",
        "200 P-CSCF to Alice",
        "ACK Alice to P-CSCF",
        "ACK P-CSCF to S-CSCF",
        "ACK S-CSCF to S-CSCF",
        "ACK S-CSCF to P-CSCF",
        "ACK P-CSCF to Bob",
        "BYE Alice to P-CSCF",
        "BYE P-CSCF to S-CSCF",
        "BYE S-CSCF to S-CSCF",
        "BYE S-CSCF to P-CSCF",
        "BYE P-CSCF to Bob",
        "200 Bob to P-CSCF",
        "200 P-CSCF to S-CSCF",
        "200 S-CSCF to S-CSCF",
        "200 S-CSCF to P-CSCF",
        "200 P-CSCF to Alice",
      ]
    `);
  });

  it('shows how a closed tab leaves the network', async () => {
    const alice = await Phone.open('Alice');
    await alice.register();
    const from = lab.trace.events.length;
    alice.flow.close();
    await lab.clock.advance(30_000);
    expect(ladderFrom(from)).toMatchInlineSnapshot(`
      [
        "REGISTER P-CSCF to I-CSCF",
        "UAR I-CSCF to HSS",
        "UAA 2001 HSS to I-CSCF",
        "REGISTER I-CSCF to S-CSCF",
        "SAR S-CSCF to HSS",
        "SAA 2001 HSS to S-CSCF",
        "200 S-CSCF to I-CSCF",
        "200 I-CSCF to P-CSCF",
      ]
    `);
    expect(lab.scscf.registrations()).toEqual([]);
    expect((await lab.store.byImpi(alice.sim.impi))?.state).toBe('NOT_REGISTERED');
  });
});
