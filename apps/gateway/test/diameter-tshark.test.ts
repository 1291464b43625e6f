import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { CxLab, impi, impu, marRequest, oneUser, realm, scscfHost, serverName } from './kit/cx-lab.ts';

const DIAMETER_PORT = 3868;
const CLIENT_PORT = 40_000;
const LINKTYPE_RAW = 101;

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
if (!hasTshark) console.log('skipped: tshark is not installed');

const lab = new CxLab();
const folder = mkdtempSync(join(tmpdir(), 'imslab-diameter-'));
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

/** A display filter for everything tshark objects to. */
const FAULTS =
  'diameter && (_ws.malformed || _ws.expert.severity >= warning || diameter.avp.unknown || diameter.avp.invalid-data)';

const HA1 = '0123456789abcdef'.repeat(4);
const digestItem = {
  itemNumber: 1,
  authenticationScheme: 'SIP Digest',
  digest: { realm, algorithm: 'SHA-256', qop: 'auth', ha1: HA1 },
} as const;

interface Segment {
  readonly toServer: boolean;
  readonly octets: Buffer;
}

describe.skipIf(!hasTshark)('what tshark says of our Diameter', () => {
  it('every message is well formed, every AVP known, and answers belong to their requests', async () => {
    const segments = await exchange();
    const commands = tshark(segments, '-T', 'fields', '-e', 'diameter.cmd.code', '-e', 'diameter.flags.request');
    expect(commands.map((line) => line.replace('\t', ' '))).toEqual(
      [257, 300, 303, 303, 303, 301, 302, 305, 304, 304, 301, 282].flatMap((code) => [`${code} 1`, `${code} 0`]),
    );
    expect(tshark(segments, '-Y', FAULTS)).toEqual([]);
    expect(tshark(segments, '-2', '-Y', 'diameter.flags.request == 0 && !diameter.answer_to')).toEqual([]);
  });

  it('what the HSS tells the S-CSCF reads as it was meant', async () => {
    const segments = await exchange();
    const fields = (filter: string, ...names: string[]) =>
      tshark(segments, '-Y', filter, '-T', 'fields', ...names.flatMap((name) => ['-e', `diameter.${name}`]));
    expect(
      fields(
        'diameter.Digest-HA1',
        '3GPP-SIP-Authentication-Scheme',
        'Digest-Realm',
        'Digest-Qop',
        'Digest-Algorithm',
        'Digest-HA1',
      ),
    ).toEqual([`SIP Digest\t${realm}\tauth\tSHA-256\t${HA1}`]);
    expect(
      fields(
        'diameter.cmd.code == 304 && diameter.flags.request == 1',
        'Destination-Host',
        'User-Name',
        'Public-Identity',
        'Reason-Code',
        'Reason-Info',
      ),
    ).toEqual([`${scscfHost}\t${impi}\t${impu},tel:+15550001001\t2\tServer change`, `${scscfHost}\t${impi}\t\t0\t`]);
    expect(fields('diameter.cmd.code == 305 && diameter.flags.request == 1', 'User-Name', 'Destination-Host')).toEqual([
      `${impi}\t${scscfHost}`,
    ]);
    expect(
      fields('diameter.cmd.code == 304 && diameter.flags.request == 0', 'Result-Code', 'Experimental-Result-Code'),
    ).toEqual(['2001\t', '\t5001']);
  });

  it('a fault would have shown', async () => {
    const segments = await exchange();
    const broken = segments.map(({ toServer, octets }) => ({
      toServer,
      octets: Buffer.from(octets.toString('hex').replace('00000258c0', '0000fffec0'), 'hex'),
    }));
    expect(tshark(broken, '-Y', FAULTS)).toHaveLength(1);
  });
});

/** Lines that tshark prints of these segments. */
function tshark(segments: readonly Segment[], ...args: string[]): readonly string[] {
  const file = join(folder, 'cx.pcap');
  writeFileSync(file, pcap(segments));
  const out = execFileSync('tshark', ['-r', file, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return out.split('\n').filter((line) => line !== '');
}

/** One of each exchange of the lab, with the segments as they crossed a relay in between. */
async function exchange(): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  const server = await lab.server({
    multimediaAuth: async (request) =>
      request.authenticationScheme === 'SIP Digest'
        ? { result: { vendor: 0, code: 2001 }, authDataItems: [digestItem] }
        : oneUser.multimediaAuth(request),
    serverAssignment: async ({ serverAssignmentType }) => {
      if (serverAssignmentType === 5) throw new Error('fails');
      return {
        result: { vendor: 0, code: 2001 },
        userName: impi,
        userData: '<IMSSubscription/>',
        chargingInformation: { primaryCcf: `aaa://ccf.${realm}` },
      };
    },
  });
  const relay = createServer((socket) => {
    const onward = connect(server.port, '127.0.0.1');
    copy(socket, onward, (octets) => segments.push({ toServer: true, octets }));
    copy(onward, socket, (octets) => segments.push({ toServer: false, octets }));
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  const address = relay.address();
  const client = lab.client(address === null || typeof address === 'string' ? 0 : address.port);
  await client.ready(5_000);
  const cause = { cause: null };
  const sar = { userName: impi, publicIdentities: [impu], serverName, userDataAlreadyAvailable: false };
  await client.userAuthorization({ userName: impi, publicIdentity: impu, visitedNetworkIdentifier: realm }, cause);
  await client.multimediaAuth(marRequest, cause);
  await client.multimediaAuth({ ...marRequest, resync: { rand: new Uint8Array(16), auts: new Uint8Array(14) } }, cause);
  await client.multimediaAuth({ ...marRequest, authenticationScheme: 'SIP Digest' }, cause);
  await client.serverAssignment({ ...sar, serverAssignmentType: 1 }, cause);
  await client.locationInfo({ publicIdentity: impu, originatingRequest: true }, cause);
  client.serve({
    pushProfile: async () => ({ result: { vendor: 0, code: 2001 } }),
    registrationTermination: async ({ publicIdentities }) => ({
      result: publicIdentities.length > 0 ? { vendor: 0, code: 2001 } : { vendor: 10415, code: 5001 },
    }),
  });
  const chargingInformation = { primaryCcf: `aaa://ccf.${realm}`, primaryEcf: `aaa://ecf.${realm}` };
  await server.pushProfile(serverName, { userName: impi, userData: '<IMSSubscription/>', chargingInformation }, cause);
  const reason = { reason: 2, reasonInfo: 'Server change' } as const;
  const publicIdentities = [impu, 'tel:+15550001001'];
  await server.registrationTermination(serverName, { userName: impi, publicIdentities, ...reason }, cause);
  await server.registrationTermination(serverName, { userName: impi, publicIdentities: [], reason: 0 }, cause);
  await client.serverAssignment({ ...sar, serverAssignmentType: 5 }, cause);
  await client.close();
  await new Promise((resolve) => relay.close(resolve));
  return segments;
}

function copy(from: Socket, to: Socket, seen: (octets: Buffer) => void): void {
  from.on('data', (octets: Buffer) => {
    seen(octets);
    to.write(octets);
  });
  from.on('error', () => to.destroy());
  from.on('close', () => to.end());
}

/** A capture file of these segments as one TCP connection over IPv4. */
function pcap(segments: readonly Segment[]): Buffer {
  const file = Buffer.alloc(24);
  file.writeUInt32LE(0xa1b2_c3d4, 0);
  file.writeUInt16LE(2, 4);
  file.writeUInt16LE(4, 6);
  file.writeUInt32LE(65_535, 16);
  file.writeUInt32LE(LINKTYPE_RAW, 20);
  const next = { toServer: 1, toClient: 1 };
  const records = segments.map(({ toServer, octets }, index) => {
    const sequence = toServer ? next.toServer : next.toClient;
    const acknowledged = toServer ? next.toClient : next.toServer;
    if (toServer) next.toServer += octets.length;
    else next.toClient += octets.length;
    const record = Buffer.alloc(16);
    record.writeUInt32LE(index, 0);
    record.writeUInt32LE(40 + octets.length, 8);
    record.writeUInt32LE(40 + octets.length, 12);
    return Buffer.concat([record, packet(toServer, sequence, acknowledged, octets)]);
  });
  return Buffer.concat([file, ...records]);
}

function packet(toServer: boolean, sequence: number, acknowledged: number, octets: Buffer): Buffer {
  const ip = Buffer.from('450000000000400040060000' + '7f0000017f000001', 'hex');
  ip.writeUInt16BE(40 + octets.length, 2);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(toServer ? CLIENT_PORT : DIAMETER_PORT, 0);
  tcp.writeUInt16BE(toServer ? DIAMETER_PORT : CLIENT_PORT, 2);
  tcp.writeUInt32BE(sequence, 4);
  tcp.writeUInt32BE(acknowledged, 8);
  tcp.writeUInt16BE(0x5018, 12);
  tcp.writeUInt16BE(65_535, 14);
  return Buffer.concat([ip, tcp, octets]);
}
