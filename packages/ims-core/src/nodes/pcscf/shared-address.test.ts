import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ALICE,
  BOB,
  CORE_ROUTE,
  D,
  FAR,
  type Headers,
  PcscfLab,
  type Phone,
  routeSetOf,
  values,
} from '../../../test/kit/pcscf-lab.ts';
import { parseAuth } from '../../protocols/sip/auth-params.ts';
import { request } from '../../protocols/sip/build.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header } from '../../protocols/sip/read.ts';
import { serializeMessage } from '../../protocols/sip/serialize.ts';

const STRANGER = `sip:+15550001009@${D}`;

let lab: PcscfLab;
/** Two phones that send from one UDP address, as behind a NAT. */
let alice: Phone;
let bob: Phone;

beforeEach(async () => {
  lab = await PcscfLab.start();
  alice = await lab.phone({ transport: 'UDP' });
  bob = alice.neighbour('bob');
});
afterEach(() => lab.pcscf.close());

function credentials(phone: Phone, nonce: string, response = 'a'.repeat(32)): string {
  return `Digest username="${phone.impi}", realm="${D}", uri="sip:${D}", nonce="${nonce}", response="${response}", algorithm=AKAv1-MD5`;
}

function integrityOf(register: SipRequest): string | undefined {
  const parsed = parseAuth(header(register, 'Authorization') ?? '');
  return parsed.ok ? parsed.value.params.get('integrity-protected') : undefined;
}

async function challenge(phone: Phone, nonce: string): Promise<void> {
  await phone.send(phone.registerRequest({ authorization: credentials(phone, '', '') }));
  const headers: Headers = [['WWW-Authenticate', `Digest realm="${D}", nonce="${nonce}", algorithm=AKAv1-MD5`]];
  await lab.answer(lab.core.last('REGISTER'), 401, { headers });
}

async function respond(phone: Phone, nonce: string): Promise<SipRequest> {
  await phone.send(phone.registerRequest({ authorization: credentials(phone, nonce) }));
  return lab.core.last('REGISTER');
}

function bound(): string[] {
  return lab.pcscf.registrations().map(({ ue }) => ue.label);
}

const asserted = (): readonly string[] => values(lab.core.last('INVITE'), 'P-Asserted-Identity');
const fromName = (uri: string) => (message: SipRequest) => ({
  ...message,
  headers: message.headers.map((field) => (field.key === 'from' ? { ...field, value: `<${uri}>;tag=a1` } : field)),
});

describe('two UEs on one UDP address', () => {
  it('register at the same time, each with its own challenge', async () => {
    await challenge(alice, 'bm9uY2UtYQ==');
    await challenge(bob, 'bm9uY2UtYg==');
    const ofAlice = await respond(alice, 'bm9uY2UtYQ==');
    const ofBob = await respond(bob, 'bm9uY2UtYg==');
    expect([ofAlice, ofBob].map(integrityOf)).toEqual(['yes', 'yes']);
    await lab.grant(ofBob);
    await lab.grant(ofAlice);
    expect(bound()).toEqual(['Bob', 'Alice']);
  });

  it("may not answer each other's challenge", async () => {
    await challenge(alice, 'bm9uY2UtYQ==');
    await challenge(bob, 'bm9uY2UtYg==');
    expect(integrityOf(await respond(bob, 'bm9uY2UtYQ=='))).toBe('no');
  });

  it('keep one challenge when the other UE is granted its registration', async () => {
    await challenge(alice, 'bm9uY2UtYQ==');
    await challenge(bob, 'bm9uY2UtYg==');
    await lab.grant(await respond(alice, 'bm9uY2UtYQ=='));
    expect(integrityOf(await respond(bob, 'bm9uY2UtYg=='))).toBe('yes');
  });

  it('have Path tokens of their own, which a refresh keeps', async () => {
    const first = header(await alice.register(), 'Path');
    const other = header(await bob.register(), 'Path');
    const refresh = header(await alice.register(), 'Path');
    expect(other).not.toBe(first);
    expect(refresh).toBe(first);
  });

  it('have their own names on the ladder, in requests and in responses', async () => {
    await alice.register();
    await bob.register();
    await alice.send(alice.request('OPTIONS', { callId: 'a', headers: [['Require', 'x']] }));
    await bob.send(bob.request('OPTIONS', { callId: 'b' }));
    await lab.answer(lab.core.last('OPTIONS'), 486);
    const atEdge = lab.trace.ladder().filter((line) => /Alice|Bob/.test(line) && !line.includes('note'));
    expect(atEdge.map((line) => line.replace(/^\d+ /, ''))).toEqual([
      'REGISTER Alice to P-CSCF',
      '200 P-CSCF to Alice',
      'REGISTER Bob to P-CSCF',
      '200 P-CSCF to Bob',
      'OPTIONS Alice to P-CSCF',
      'OPTIONS Bob to P-CSCF',
      '486 P-CSCF to Bob',
    ]);
  });

  it('are each allowed their rate of requests', async () => {
    await alice.register();
    await bob.register();
    const before = lab.core.requests.length;
    const flow = await alice.flow();
    for (let at = 0; at < 90; at += 1) flow.send(serializeMessage(alice.request('MESSAGE', { callId: `m${at}` })));
    await lab.run();
    expect(lab.core.requests).toHaveLength(before + 90);
  });
});

describe('an initial request from a UDP address that two UEs share', () => {
  beforeEach(async () => {
    await alice.register();
    await bob.register();
  });

  it.each([
    ['From', 'alice', [], `<${ALICE}>`],
    ['From', 'bob', [], `<${BOB}>`],
    [
      'P-Preferred-Identity before From',
      'alice',
      [['P-Preferred-Identity', '<tel:+15550001002>']],
      '<tel:+15550001002>',
    ],
    ['From when P-Preferred-Identity is nobody', 'bob', [['P-Preferred-Identity', `<${STRANGER}>`]], `<${BOB}>`],
  ] satisfies readonly (readonly [string, 'alice' | 'bob', Headers, string])[])(
    'is asserted by %s (%s)',
    async (_name, user, headers, identity) => {
      const phone = user === 'alice' ? alice : bob;
      await phone.send(phone.request('INVITE', { to: STRANGER, headers }));
      expect(asserted()).toEqual([identity]);
    },
  );

  it('is refused with 403 when it names none of them', async () => {
    const before = lab.core.requests.length;
    await bob.send(fromName(STRANGER)(bob.request('INVITE')));
    expect(bob.lastResponse().status).toBe(403);
    expect(lab.core.requests).toHaveLength(before);
  });

  it('is of the only one left, whatever its From says', async () => {
    await alice.register({ expires: 0 });
    await bob.send(fromName(STRANGER)(bob.request('INVITE')));
    expect(asserted()).toEqual([`<${BOB}>`]);
  });

  it('cannot name a UE that is registered on another address', async () => {
    const elsewhere = await lab.phone({
      transport: 'UDP',
      port: 40_061,
      user: 'bob',
      contact: 'sip:bob@127.0.0.1:40061',
    });
    await bob.register({ expires: 0 });
    await elsewhere.register();
    expect(bound()).toEqual(['Alice', 'Bob']);
    await alice.send(fromName(BOB)(alice.request('INVITE')));
    expect(asserted()).toEqual([`<${ALICE}>`]);
  });
});

describe('after one of two UEs on a UDP address', () => {
  beforeEach(async () => {
    await alice.register();
    await bob.register();
  });

  it('de-registers, the other one stays and can call', async () => {
    await alice.register({ expires: 0 });
    expect(bound()).toEqual(['Bob']);
    await bob.send(bob.request('INVITE', { to: STRANGER }));
    expect(asserted()).toEqual([`<${BOB}>`]);
  });

  it('expires, the other one stays', async () => {
    await lab.run(300_000);
    await bob.register();
    await lab.run(301_000);
    expect(bound()).toEqual(['Bob']);
  });
});

describe('a dialog of one of two UEs on a UDP address', () => {
  /** Bob calls somebody far away, who answers. */
  async function callOfBob() {
    await bob.send(bob.request('INVITE', { to: STRANGER, sdp: 'A' }));
    const headers: Headers = [['Record-Route', CORE_ROUTE]];
    await lab.answer(lab.core.last('INVITE'), 200, { contact: FAR, sdp: 'B', headers });
    const inDialog = {
      callId: 'call-1',
      toTag: 'far1',
      uri: FAR,
      to: STRANGER,
      routes: routeSetOf(bob.lastResponse()),
    };
    await bob.send(bob.request('ACK', inDialog));
    return inDialog;
  }

  beforeEach(async () => {
    await alice.register();
    await bob.register();
  });

  it('ends with the BYE of its owner', async () => {
    const inDialog = await callOfBob();
    await bob.send(bob.request('BYE', { ...inDialog, cseq: 2 }));
    await lab.answer(lab.core.last('BYE'), 200);
    expect(lab.pcscf.calls()).toEqual([]);
    expect(lab.trace.ladder().at(-1)).toMatch(/200 P-CSCF to Bob$/);
  });

  it('is not touched by a BYE that carries the token of the other UE', async () => {
    const inDialog = await callOfBob();
    const ofAlice = await lab.call(alice, 'call-2');
    await bob.send(bob.request('BYE', { ...inDialog, routes: ofAlice.inDialog.routes, cseq: 2 }));
    expect(bob.lastResponse().status).toBe(403);
    expect(lab.pcscf.calls()).toHaveLength(2);
  });

  it('reaches each UE by the Path of its own', async () => {
    const pathOf = async (phone: Phone) => header(await phone.register(), 'Path') ?? '';
    const [toAlice, toBob] = [await pathOf(alice), await pathOf(bob)];
    for (const [at, path, contact] of [
      [1, toBob, bob.contact],
      [2, toAlice, alice.contact],
    ] as const) {
      const invite = request('INVITE', contact, [
        ['Via', `SIP/2.0/TCP 127.0.0.1:6060;branch=z9hG4bKmt${at}`],
        ['Max-Forwards', '66'],
        ['Route', path],
        ['From', `<${STRANGER}>;tag=far`],
        ['To', `<${ALICE}>`],
        ['Call-ID', `mt-${at}`],
        ['CSeq', '1 INVITE'],
        ['Contact', `<${FAR}>`],
      ]);
      await lab.fromCore(invite);
      const got = alice.peer.last('INVITE');
      expect(got.uri).toBe(contact);
      await alice.answer(got, 180);
    }
    const lines = lab.trace.ladder().map((line) => line.replace(/^\d+ /, ''));
    expect(lines.filter((line) => /^(INVITE P-CSCF|180 (Alice|Bob))/.test(line))).toEqual([
      'INVITE P-CSCF to Bob',
      '180 Bob to P-CSCF',
      'INVITE P-CSCF to Alice',
      '180 Alice to P-CSCF',
    ]);
    expect(lab.pcscf.calls()).toHaveLength(2);
  });
});

describe('two UEs on one TCP connection', () => {
  it('are one too many: the second one is refused, and the first one stays', async () => {
    const first = await lab.registered({ transport: 'TCP' });
    const second = first.neighbour('bob');
    await second.send(second.registerRequest());
    expect(second.lastResponse().status).toBe(403);
    expect(bound()).toEqual(['Alice']);
  });

  it('leave only the last one bound when both were under way', async () => {
    const first = await lab.phone({ transport: 'TCP' });
    const second = first.neighbour('bob');
    await first.send(first.registerRequest());
    const ofFirst = lab.core.last('REGISTER');
    await second.send(second.registerRequest());
    const ofSecond = lab.core.last('REGISTER');
    await lab.grant(ofFirst);
    await lab.grant(ofSecond);
    expect(bound()).toEqual(['Bob']);
  });
});
