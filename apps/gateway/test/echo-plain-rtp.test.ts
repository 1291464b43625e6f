import { createSocket, type Socket } from 'node:dgram';
import { request } from '@imslab/ims-core/protocols/sip/build';
import type { SipMessage, SipResponse } from '@imslab/ims-core/protocols/sip/message';
import { parseMessage } from '@imslab/ims-core/protocols/sip/parse';
import { bodyText, contacts, cseq, header } from '@imslab/ims-core/protocols/sip/read';
import { serializeMessage } from '@imslab/ims-core/protocols/sip/serialize';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createApplicationServer } from '../src/application-server.ts';
import { parseRtp, type RtpPacket, writeRtp } from '../src/media/rtp-packet.ts';
import { unknownParty } from '../src/party-book.ts';
import { NodeSipTransport } from '../src/sip/node-sip-transport.ts';
import { systemClock } from '../src/system-clock.ts';
import { systemRandom } from '../src/system-random.ts';

const DOMAIN = 'ims.example';
/** A loopback address of its own: labs may be running. */
const HOST = '127.0.96.1';
const AS_PORT = 5080;
const PHONE_PORT = 5062;
const RTP_PORT = 42_000;
const PACKETS = 25;

/** A phone as simple as one can be: SIP over UDP and PCMU, on sockets of its own. */
const phone = {
  sip: createSocket('udp4'),
  rtp: createSocket('udp4'),
};
const server = createApplicationServer(
  {
    config: { domain: DOMAIN, uri: `sip:as.${DOMAIN}:${AS_PORT}`, trustedSources: [] },
    clock: systemClock,
    random: systemRandom,
    transport: new NodeSipTransport({ box: 'AS', listen: [{ transport: 'UDP', host: HOST, port: AS_PORT }] }),
    resolver: { resolve: () => [] },
    trace: { message: () => 1, record: () => 1 },
    settings: { ofIdentity: async () => undefined },
    partyOf: () => unknownParty('phone'),
  },
  { host: HOST, mediaPortMin: 31_000, mediaPortMax: 31_003 },
);
const received: SipMessage[] = [];
const heard: RtpPacket[] = [];

const bind = (socket: Socket, port: number) => new Promise<void>((resolve) => socket.bind(port, HOST, resolve));
const close = (socket: Socket) => new Promise<void>((resolve) => socket.close(() => resolve()));

beforeEach(async () => {
  await server.start();
  await bind(phone.sip, PHONE_PORT);
  await bind(phone.rtp, RTP_PORT);
  phone.sip.on('message', (octets) => {
    const parsed = parseMessage(octets);
    if (parsed.ok) received.push(parsed.value);
  });
  phone.rtp.on('message', (octets) => {
    const packet = parseRtp(octets);
    if (packet) heard.push(packet);
  });
});
afterEach(async () => {
  await server.close();
  await Promise.all([phone.sip, phone.rtp].map(close));
});

function send(method: string, number: number, uri: string, to: string, sdp = ''): void {
  const message = request(
    method,
    uri,
    [
      ['Via', `SIP/2.0/UDP ${HOST}:${PHONE_PORT};rport;branch=z9hG4bK${method}${number}`],
      ['Max-Forwards', '70'],
      ['From', `<sip:phone@${HOST}:${PHONE_PORT}>;tag=phone`],
      ['To', to],
      ['Call-ID', 'echo-over-plain-rtp'],
      ['CSeq', `${number} ${method}`],
      ['Contact', `<sip:phone@${HOST}:${PHONE_PORT}>`],
      ...(sdp === '' ? [] : [['Content-Type', 'application/sdp'] as const]),
    ],
    sdp,
  );
  phone.sip.send(serializeMessage(message), AS_PORT, HOST);
}

const final = (method: string): Promise<SipResponse> =>
  vi.waitFor(() => {
    const found = received.find(
      (message) => message.kind === 'response' && message.status >= 200 && cseq(message)?.method === method,
    );
    if (found?.kind !== 'response') throw new Error(`no final response to ${method}`);
    return found;
  });

it('the echo test answers a phone that knows nothing of IMS, and sends its voice back', async () => {
  const echo = `sip:echo@${DOMAIN}`;
  const sdp = `v=0\r\no=- 1 1 IN IP4 ${HOST}\r\ns=-\r\nc=IN IP4 ${HOST}\r\nt=0 0\r\nm=audio ${RTP_PORT} RTP/AVP 0\r\n`;
  send('INVITE', 1, echo, `<${echo}>`, sdp);
  const answer = await final('INVITE');
  expect(answer.status).toBe(200);
  const target = contacts(answer)[0]?.uriText ?? '';
  expect(target).toBe(`sip:echo@${HOST}:${AS_PORT};transport=udp`);
  const to = header(answer, 'To') ?? '';
  send('ACK', 1, target, to);
  const port = Number(/^m=audio (\d+) RTP\/AVP 0\r$/m.exec(bodyText(answer))?.[1]);
  for (let sequence = 0; sequence < PACKETS; sequence += 1) {
    const payload = new Uint8Array(160).fill(sequence);
    const packet = { marker: false, payloadType: 0, sequence, timestamp: sequence * 160, ssrc: 1, payload };
    phone.rtp.send(writeRtp(packet), port, HOST);
  }
  await vi.waitFor(() => expect(heard).toHaveLength(PACKETS));
  expect(heard.map(({ payload }) => payload[0])).toEqual(Array.from({ length: PACKETS }, (_, at) => at));
  expect(server.calls()).toBe(1);
  send('BYE', 2, target, to);
  expect((await final('BYE')).status).toBe(200);
  expect(server.calls()).toBe(0);
});
