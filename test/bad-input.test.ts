import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import type { TraceEvent } from '@imslab/ims-core/trace/event';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { LabProcess } from './kit/lab-process.ts';
import { DOMAIN } from './kit/sipp.ts';
import { waitUntil } from './kit/wait-until.ts';
import { WebPhone } from './kit/web-phone.ts';

const SIP_PORTS = { 'P-CSCF': 5060, 'I-CSCF': 4060, 'S-CSCF': 6060 } as const;
const CRLF = '\r\n';

function register(callId: string, extra = ''): string {
  return [
    `REGISTER sip:${DOMAIN} SIP/2.0`,
    `Via: SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bK${callId}`,
    'Max-Forwards: 70',
    `From: <sip:alice@${DOMAIN}>;tag=1`,
    `To: <sip:alice@${DOMAIN}>`,
    `Call-ID: ${callId}`,
    'CSeq: 1 REGISTER',
    'Contact: <sip:alice@127.0.0.1:5099;transport=tcp>',
    `Authorization: Digest username="001010000000001@${DOMAIN}", realm="${DOMAIN}", uri="sip:${DOMAIN}", nonce="", response=""`,
    `${extra}Content-Length: 0`,
    CRLF,
  ].join(CRLF);
}

/** Sends octets over TCP and gives back what came until `until` was seen; without it our side closes after sending. */
function tcp(host: string, port: number, octets: string | Uint8Array, until?: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => (until === undefined ? socket.end(octets) : socket.write(octets)));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1');
      if (until?.test(answer)) socket.destroy();
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const hostile: readonly (readonly [name: string, octets: string | Uint8Array])[] = [
  ['octets that are no SIP', Uint8Array.from({ length: 2_000 }, (_, at) => (at * 131) & 0xff)],
  ['a start line without end', `REGISTER ${'x'.repeat(70_000)}`],
  ['a header line without end', `REGISTER sip:${DOMAIN} SIP/2.0${CRLF}X: ${'y'.repeat(70_000)}`],
  ['more than 64 KiB', register('big').replace('Content-Length: 0', `Content-Length: 100000`) + 'z'.repeat(100_000)],
  ['a negative Content-Length', register('neg').replace('Content-Length: 0', 'Content-Length: -1')],
  ['two Content-Lengths', register('two', `Content-Length: 5${CRLF}`)],
];

describe('bad input', () => {
  let lab: LabProcess;

  beforeAll(async () => {
    lab = await LabProcess.start();
  });
  afterAll(() => lab?.close());

  /** The lab still does its work: a REGISTER gets its challenge. */
  async function stillServes(): Promise<void> {
    const answer = await tcp(
      lab.host,
      SIP_PORTS['P-CSCF'],
      register(`ok${performance.now()}`),
      /SIP\/2\.0 401[\s\S]*\r\n\r\n/,
    );
    expect(answer).toContain('SIP/2.0 401');
    expect(answer).toContain('WWW-Authenticate: Digest');
    expect(answer).not.toMatch(/\b[ci]k=/);
  }

  describe.each(Object.entries(SIP_PORTS))('over TCP at the %s', (_box, port) => {
    it.each(hostile)('%s closes that connection only', async (_name, octets) => {
      await tcp(lab.host, port, octets).catch(() => '');
      await stillServes();
    });
  });

  it.each(Object.entries(SIP_PORTS))(
    'over UDP at the %s is dropped or answered, and nothing else happens',
    async (_box, port) => {
      const socket = createSocket('udp4');
      for (const [, octets] of hostile) {
        const bytes = Buffer.from(octets as string).subarray(0, 60_000);
        await new Promise((resolve) => socket.send(bytes, port, lab.host, resolve));
      }
      socket.close();
      await stillServes();
    },
  );

  it('a truncated request over UDP is answered with 400', async () => {
    const socket = createSocket('udp4');
    const answer = new Promise<string>((resolve) => socket.once('message', (message) => resolve(message.toString())));
    const cut = register('cut')
      .replace('/TCP', '/UDP')
      .replace(';branch', ';rport;branch')
      .replace('Content-Length: 0', 'Content-Length: 50');
    socket.send(cut, SIP_PORTS['P-CSCF'], lab.host);
    expect(await answer).toContain('SIP/2.0 400');
    socket.close();
  });

  it('tells on the ladder what was wrong, where, and by which clause', async () => {
    await tcp(lab.host, SIP_PORTS['P-CSCF'], `NOT SIP AT ALL${CRLF}${CRLF}`).catch(() => '');
    await waitUntil('a note tells of it', async () => {
      const { events } = await lab.json<{ events: TraceEvent[] }>('/api/v1/trace');
      return events.some((event) => event.kind === 'note' && event.note.code.startsWith('SIP_PARSE_'));
    });
  });

  const wsUrl = () => `${lab.url.replace('http', 'ws')}/sip`;

  function upgradeStatus(protocols: string[], headers: Record<string, string> = {}): Promise<number> {
    return new Promise((resolve) => {
      const ws = new WebSocket(wsUrl(), protocols, { headers });
      ws.on('unexpected-response', (_request, response) => {
        ws.terminate();
        resolve(response.statusCode ?? 0);
      });
      ws.on('open', () => {
        ws.close();
        resolve(101);
      });
      ws.on('error', () => {});
    });
  }

  it.each([
    ['without the subprotocol sip', [], {}, 400],
    ['with another subprotocol', ['chat'], {}, 400],
    ['from a foreign Origin', ['sip'], { origin: 'http://elsewhere.example' }, 403],
    ['under a foreign Host', ['sip'], { host: 'elsewhere.example' }, 403],
    ['from a script without Origin', ['sip'], {}, 101],
  ] as const)('a WebSocket %s gets %o', async (_name, protocols, headers, status) => {
    expect(await upgradeStatus([...protocols], { ...headers })).toBe(status);
  });

  it('garbage, two messages in one frame and oversized frames over WebSocket close that socket at most', async () => {
    for (const frame of ['garbage', register('a') + register('b'), 'x'.repeat(70_000), Buffer.from([0, 255, 1, 254])]) {
      const ws = new WebSocket(wsUrl(), ['sip']);
      await new Promise((resolve) => ws.once('open', resolve));
      ws.on('error', () => {});
      ws.send(frame);
      ws.ping();
      // Either the socket lives and answers the ping, or it is closed.
      await new Promise((resolve) => {
        ws.once('pong', resolve);
        ws.once('close', resolve);
      });
      ws.terminate();
    }
    await stillServes();
  });

  const word = (value: number) => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
  const diameterHeader = (length: number, code: number) => [
    1,
    ...word(length).slice(1),
    0xc0,
    ...word(code).slice(1),
    ...word(16_777_216),
    ...word(1),
    ...word(1),
  ];

  it.each([
    ['an AVP of length 0', [...diameterHeader(28, 300), ...word(263), 0x40, 0, 0, 0]],
    ['an AVP that runs over its message', [...diameterHeader(28, 300), ...word(263), 0x40, 0, 1, 0]],
    ['an unknown command', diameterHeader(20, 999)],
    ['a length below a header', diameterHeader(8, 257)],
    ['octets that are no Diameter', Array.from({ length: 500 }, (_, at) => (at * 7) & 255)],
  ])('Diameter: %s leaves the HSS serving', async (_name, octets) => {
    await tcp(lab.host, 3868, Uint8Array.from(octets)).catch(() => '');
    await stillServes();
  });

  const sdp = (lines: readonly string[]) => ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', 't=0 0', ...lines, ''].join(CRLF);
  const secured = [
    'a=ice-ufrag:abcd',
    'a=ice-pwd:abcdefghijklmnopqrstuv',
    'a=setup:actpass',
    `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
    'a=rtcp-mux',
    'a=mid:0',
  ];

  it.each([
    [
      'no codec that the relay has',
      'judy',
      sdp(['m=audio 9 UDP/TLS/RTP/SAVPF 97', 'c=IN IP4 0.0.0.0', 'a=rtpmap:97 speex/16000', ...secured]),
      488,
    ],
    [
      'no audio at all',
      'heidi',
      sdp(['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'c=IN IP4 0.0.0.0', ...secured]),
      488,
    ],
    ['text that is no SDP', 'grace', 'hello', 400],
  ])('an INVITE with %s is refused, and the relay keeps nothing of it', async (_what, ue, body, status) => {
    const phone = await WebPhone.open(lab, ue);
    expect((await phone.register()).status).toBe(200);
    expect((await phone.invite(`sip:bob@${DOMAIN}`, body)).status).toBe(status);
    phone.close();
    const { state } = await lab.json<{ state: { mediaTransports: number } }>('/healthz');
    expect(state.mediaTransports).toBe(0);
  });

  it('an INVITE of a phone that is not registered is refused', async () => {
    const phone = await WebPhone.open(lab, 'ivan');
    expect((await phone.invite(`sip:bob@${DOMAIN}`, sdp([]))).status).toBe(403);
    phone.close();
  });

  it('an API request from a foreign page is refused', async () => {
    const response = await fetch(`${lab.url}/api/v1/subscribers`, { headers: { origin: 'http://elsewhere.example' } });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'ORIGIN_FORBIDDEN' });
  });

  it('says which setting to change when a port is taken', async () => {
    await expect(LabProcess.start({ host: lab.host })).rejects.toThrow(/hss\.port in imslab\.json or IMSLAB_HSS_PORT/);
  });

  it('never writes K, OPc, XRES, CK or IK to the trace or the log', async () => {
    await stillServes();
    const text = JSON.stringify(await lab.json('/api/v1/trace')) + lab.output;
    expect(text).not.toContain('fec86ba6eb707ed08905757b1bb44b');
    const events = JSON.parse(JSON.stringify(await lab.json<{ events: TraceEvent[] }>('/api/v1/trace')))
      .events as TraceEvent[];
    const maa = events.findLast((event) => event.kind === 'diameter' && event.diameter.command === 'MAA');
    const leaves = JSON.stringify(maa);
    for (const name of ['SIP-Authorization', 'Confidentiality-Key', 'Integrity-Key']) {
      expect(leaves).toMatch(new RegExp(`"name":"${name}"[^}]*masked`));
    }
  });

  it('is alive after all that', () => {
    expect(lab.running).toBe(true);
  });
});
