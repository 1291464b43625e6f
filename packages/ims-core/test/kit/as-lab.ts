import type { ServiceSettings } from '../../src/api/lab-api.ts';
import { type ApplicationServer, createAs } from '../../src/nodes/as/as.ts';
import { LAB_DOMAIN } from '../../src/nodes/hss/seeded-subscribers.ts';
import type { SipHop } from '../../src/ports/sip-transport.ts';
import { type HeaderPair, request } from '../../src/protocols/sip/build.ts';
import type { SipRequest, SipResponse } from '../../src/protocols/sip/message.ts';
import { contacts, cseq, header, headerValues, tagOf } from '../../src/protocols/sip/read.ts';
import type { TraceParty } from '../../src/trace/event.ts';
import { ladderText } from '../../src/trace/export/text.ts';
import { FakeMediaResource } from './fake-media-resource.ts';
import { MemoryNetwork, NETWORK_DELAY_MS } from './memory-network.ts';
import { RecordingTrace } from './recording-trace.ts';
import { SeededRandom } from './seeded-random.ts';
import { SipPeer } from './sip-peer.ts';
import { VirtualClock } from './virtual-clock.ts';

const D = LAB_DOMAIN;
const AS_HOP: SipHop = { transport: 'TCP', host: '192.0.2.8', port: 5080 };
const SCSCF_HOP: SipHop = { transport: 'TCP', host: '192.0.2.6', port: 6060 };
const STRANGER_HOP: SipHop = { transport: 'TCP', host: '203.0.113.9', port: 5060 };
const SETTLE_MS = 10 * NETWORK_DELAY_MS;

/** Route entry by which the S-CSCF gets a request back, with the original dialog identifier in its user part. */
export const ODI_ROUTE = `<sip:odi-1@scscf.${D}:6060;transport=tcp;lr>`;
export const SDP_OFFER = 'v=0\r\ns=offer\r\n';

export interface IscOptions {
  readonly method?: string;
  /** User part of the Server-Name; none for a PSI. */
  readonly service?: string;
  readonly uri?: string;
  /** Value of P-Served-User. */
  readonly served?: string;
  readonly sdp?: string;
  readonly headers?: readonly HeaderPair[];
}

/** The application server beside an S-CSCF that the test plays. */
export class AsLab {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly trace = new RecordingTrace();
  readonly media = new FakeMediaResource();
  readonly settings = new Map<string, ServiceSettings>();
  readonly as: ApplicationServer;
  scscf!: SipPeer;
  stranger!: SipPeer;
  #branches = 0;

  private constructor() {
    this.as = createAs({
      config: { domain: D, uri: `sip:as.${D}:5080`, trustedSources: [SCSCF_HOP.host] },
      clock: this.clock,
      random: new SeededRandom(8),
      transport: this.network.node([AS_HOP, { ...AS_HOP, transport: 'UDP' }]),
      resolver: {
        resolve: ({ host, transport = 'TCP' }) => (host === `scscf.${D}` ? [{ ...SCSCF_HOP, transport }] : []),
      },
      trace: this.trace,
      media: this.media,
      settings: { ofIdentity: async (uri) => this.settings.get(uri) },
      partyOf: (peer) => partyAt('id' in peer ? peer.remote : peer),
    });
  }

  static async start(): Promise<AsLab> {
    const lab = new AsLab();
    await lab.as.start();
    lab.scscf = await SipPeer.start(lab.network.node([SCSCF_HOP]));
    lab.stranger = await SipPeer.start(lab.network.node([STRANGER_HOP]));
    return lab;
  }

  /** An initial request as the S-CSCF sends it over ISC. */
  isc(options: IscOptions = {}): SipRequest {
    const { method = 'INVITE', service = '', uri = `sip:echo@${D}`, served, sdp = SDP_OFFER } = options;
    const user = service === '' ? '' : `${service}@`;
    const hasSdp = method === 'INVITE' && sdp !== '';
    return request(
      method,
      uri,
      [
        this.#via(),
        ['Max-Forwards', '66'],
        ['Route', `<sip:${user}as.${D}:5080;lr>`],
        ['Route', ODI_ROUTE],
        ['Record-Route', `<sip:term@scscf.${D}:6060;transport=tcp;lr>`],
        ['Record-Route', `<sip:orig@scscf.${D}:6060;transport=tcp;lr>`],
        ['From', `<sip:+15550001001@${D}>;tag=a1`],
        ['To', `<${uri}>`],
        ['Call-ID', 'isc-1'],
        ['CSeq', `1 ${method}`],
        ['Contact', '<sip:alice@a1b2.invalid;transport=ws>'],
        ['Supported', 'timer'],
        ['Allow', 'INVITE, ACK, CANCEL, BYE, UPDATE'],
        ...(served === undefined ? [] : [['P-Served-User', served] as const]),
        ...(hasSdp ? [['Content-Type', 'application/sdp'] as const] : []),
        ...(options.headers ?? []),
      ],
      hasSdp ? sdp : '',
    );
  }

  /** A request of the caller within the dialog that a 2xx of the server made; the route set is the one of that 2xx. */
  inDialog(
    answer: SipResponse,
    method: string,
    number: number,
    headers: readonly HeaderPair[] = [],
    sdp = '',
  ): SipRequest {
    const target = contacts(answer)[0]?.uriText ?? '';
    return request(
      method,
      target,
      [
        this.#via(),
        ['Max-Forwards', '68'],
        ['From', header(answer, 'From') ?? ''],
        ['To', header(answer, 'To') ?? ''],
        ['Call-ID', header(answer, 'Call-ID') ?? ''],
        ['CSeq', `${number} ${method}`],
        ...(method === 'INVITE' ? [['Contact', '<sip:alice@a1b2.invalid;transport=ws>'] as const] : []),
        ...(sdp === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
        ...headers,
      ],
      sdp,
    );
  }

  cancelOf(invite: SipRequest): SipRequest {
    return request('CANCEL', invite.uri, [
      ['Via', headerValues(invite, 'Via')[0] ?? ''],
      ['Max-Forwards', '66'],
      ['Route', headerValues(invite, 'Route')[0] ?? ''],
      ['From', header(invite, 'From') ?? ''],
      ['To', header(invite, 'To') ?? ''],
      ['Call-ID', header(invite, 'Call-ID') ?? ''],
      ['CSeq', `${cseq(invite)?.number ?? 0} CANCEL`],
    ]);
  }

  async send(message: SipRequest, from: SipPeer = this.scscf): Promise<void> {
    await from.sendTo(AS_HOP, message);
    await this.settle();
  }

  /** Sends a request and resolves with its final response, with what the server sent in between left in the peer's log. */
  async ask(message: SipRequest, from: SipPeer = this.scscf): Promise<SipResponse> {
    const before = from.responses.length;
    await this.send(message, from);
    const final = from.responses
      .slice(before)
      .find((response) => response.status >= 200 && cseq(response)?.method === message.method);
    if (final === undefined) throw new Error(`no final response to ${message.method}; got ${from.log.join(' ')}`);
    return final;
  }

  /** An INVITE, its 200 and its ACK. */
  async talk(options: IscOptions = {}): Promise<SipResponse> {
    const answer = await this.ask(this.isc(options));
    if (answer.status !== 200) throw new Error(`the call was answered with ${answer.status}`);
    await this.send(this.inDialog(answer, 'ACK', 1));
    return answer;
  }

  settle(): Promise<void> {
    return this.clock.advance(SETTLE_MS);
  }

  ladder(): string {
    return ladderText(this.trace.events, { plain: true });
  }

  async close(): Promise<void> {
    await this.as.close();
    await this.scscf.close();
    await this.stranger.close();
  }

  #via(): HeaderPair {
    this.#branches += 1;
    return ['Via', `SIP/2.0/TCP 192.0.2.6:6060;branch=z9hG4bKisc${this.#branches}`];
  }
}

/** The To tag of a response. */
export function toTag(response: SipResponse): string {
  return tagOf(response, 'To');
}

function partyAt(hop: SipHop): TraceParty {
  if (hop.host === SCSCF_HOP.host) return { node: 'scscf', id: '', label: 'S-CSCF' };
  if (hop.host === AS_HOP.host) return { node: 'as', id: '', label: 'AS' };
  return { node: 'other', id: hop.host, label: hop.host };
}
