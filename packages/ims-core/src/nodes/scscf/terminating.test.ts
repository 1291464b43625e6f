import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CoreLab, D } from '../../../test/kit/core-lab.ts';
import { TestUe } from '../../../test/kit/test-ue.ts';
import { response } from '../../protocols/sip/build.ts';
import type { SipRequest } from '../../protocols/sip/message.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

const BOB = `sip:+15550001002@${D}`;

let lab: CoreLab;
let alice: TestUe;
/** Requests towards Bob's phones, in order. */
let arrived: SipRequest[];

beforeEach(async () => {
  lab = await CoreLab.start();
  alice = new TestUe('Alice');
  await alice.registerAt(lab);
});

afterEach(async () => {
  expect(lab.errors).toEqual([]);
  await lab.close();
});

const path = (device: string): string => `<sip:flow-${device}@pcscf.${D}:5060;transport=tcp;lr;ob>`;

/** Registers one flow of Bob's. */
async function registerFlow(device: string, { instance = device, regId = '1', q = '' } = {}): Promise<void> {
  const contact = `<sip:${device}@phone.invalid;transport=ws>;+sip.instance="<urn:uuid:${instance}>";reg-id=${regId}${q}`;
  const phone = new TestUe('Bob', { device });
  const ok = await phone.registerAt(lab, { contact: [contact], path: [path(device)] });
  expect(ok.status).toBe(200);
}

/** Each phone answers with its status; 0 not at all. */
function answers(statuses: Readonly<Record<string, number>>): void {
  arrived = [];
  lab.pcscf.onMessage = (message) => {
    if (message.kind !== 'request') return;
    arrived.push(message);
    if (message.method === 'ACK') return;
    const device = Object.keys(statuses).find((name) => header(message, 'Route')?.includes(`flow-${name}@`));
    const status = message.method === 'INVITE' ? (statuses[device ?? ''] ?? 0) : 200;
    if (status !== 0) lab.pcscf.reply(message, response(message, status, { toTag: device ?? 'x' }));
  };
}

const call = () => lab.ask('scscf', alice.initial('INVITE', BOB));
/** `INVITE mobile`, `CANCEL desk`. */
const seen = (): string[] =>
  arrived
    .map((message) => `${message.method} ${/^sip:(\w+)@/.exec(message.uri)?.[1]}`)
    .filter((line) => !line.startsWith('ACK'));

describe('two phones of one user', () => {
  it('ring together, each on its own Path; the first that answers ends the other', async () => {
    await registerFlow('mobile');
    await registerFlow('desk');
    answers({ mobile: 180, desk: 200 });
    expect((await call()).status).toBe(200);
    expect(seen()).toEqual(['INVITE mobile', 'INVITE desk', 'CANCEL mobile']);
    const invites = arrived.filter((message) => message.method === 'INVITE');
    expect(invites.map((message) => headerValues(message, 'Route'))).toEqual([[path('mobile')], [path('desk')]]);
    expect(invites.map((message) => header(message, 'P-Called-Party-ID'))).toEqual([`<${BOB}>`, `<${BOB}>`]);
    expect(header(arrived.find((message) => message.method === 'CANCEL') ?? expect.fail(), 'Reason')).toContain(
      'cause=200',
    );
  });

  it('ring one after the other by q', async () => {
    await registerFlow('mobile', { q: ';q=0.5' });
    await registerFlow('desk', { q: ';q=0.9' });
    answers({ mobile: 200, desk: 480 });
    expect((await call()).status).toBe(200);
    expect(seen()).toEqual(['INVITE desk', 'INVITE mobile']);
  });

  it('that both decline end the call with the better answer', async () => {
    await registerFlow('mobile');
    await registerFlow('desk');
    answers({ mobile: 486, desk: 603 });
    expect((await call()).status).toBe(603);
  });
});

describe('the flows of one phone', () => {
  it('are tried newest first, the older one only when the P-CSCF lost the newer', async () => {
    await registerFlow('old', { instance: 'phone', regId: '1' });
    await lab.clock.advance(1_000);
    await registerFlow('new', { instance: 'phone', regId: '2' });
    answers({ old: 200, new: 430 });
    expect((await call()).status).toBe(200);
    expect(seen()).toEqual(['INVITE new', 'INVITE old']);
  });

  it('are not tried again when the user declined', async () => {
    await registerFlow('old', { instance: 'phone', regId: '1' });
    await lab.clock.advance(1_000);
    await registerFlow('new', { instance: 'phone', regId: '2' });
    answers({ old: 200, new: 486 });
    expect((await call()).status).toBe(486);
    expect(seen()).toEqual(['INVITE new']);
  });

  it('that are all lost end the call with 480', async () => {
    await registerFlow('old', { instance: 'phone', regId: '1' });
    await registerFlow('new', { instance: 'phone', regId: '2' });
    answers({ old: 430, new: 430 });
    expect((await call()).status).toBe(480);
  });
});

it('answers 480 when the P-CSCF on the Path is down', async () => {
  const contact = ['<sip:bob@phone.invalid;transport=ws>'];
  await new TestUe('Bob').registerAt(lab, { contact, path: [`<sip:flow@scscf2.${D}:6060;transport=tcp;lr;ob>`] });
  expect((await call()).status).toBe(480);
});

it('keeps a P-Called-Party-ID that another box wrote', async () => {
  await registerFlow('mobile');
  answers({ mobile: 200 });
  await lab.ask('scscf', alice.initial('INVITE', BOB, [['P-Called-Party-ID', '<sip:first@x>']]));
  expect(arrived.flatMap((message) => headerValues(message, 'P-Called-Party-ID'))).toEqual(['<sip:first@x>']);
});

it('takes out what is between S-CSCF and other boxes of the core', async () => {
  await registerFlow('mobile');
  answers({ mobile: 200 });
  await lab.ask('scscf', alice.initial('INVITE', BOB, [['P-Served-User', '<sip:x@y>']]));
  expect(arrived.map((message) => header(message, 'P-Served-User'))).toEqual([undefined]);
});

describe('a caller with preferences (RFC 3841)', () => {
  const features = { mobile: ';audio;+g.3gpp.smsip;mobility="mobile"', desk: ';audio;video;mobility="fixed"' };
  const prefer = (name: string, value: string) => lab.ask('scscf', alice.initial('INVITE', BOB, [[name, value]]));
  beforeEach(async () => {
    await registerFlow('mobile', { q: features.mobile });
    await registerFlow('desk', { q: features.desk });
    answers({ mobile: 486, desk: 486 });
  });

  it.each([
    ['Accept-Contact', '*;video;require', ['mobile', 'desk']],
    ['Accept-Contact', '*;video;require;explicit', ['desk']],
    ['Accept-Contact', '*;+g.3gpp.smsip;require;explicit', ['mobile']],
    ['Accept-Contact', '*;mobility="mobile";require', ['mobile']],
    ['Accept-Contact', '*;mobility="Mobile,other";require', ['mobile']],
    ['Accept-Contact', '*;mobility="!mobile";require', ['desk']],
    ['Accept-Contact', '*;audio;require;explicit, *;video;require;explicit', ['desk']],
    ['Accept-Contact', '*;text;require', ['mobile', 'desk']],
    ['Accept-Contact', '*;video;explicit', ['mobile', 'desk']],
    ['Accept-Contact', '*', ['mobile', 'desk']],
    ['Accept-Contact', 'nonsense', ['mobile', 'desk']],
    ['Reject-Contact', '*;video', ['mobile']],
    ['Reject-Contact', '*;audio;mobility="mobile"', ['desk']],
    ['Reject-Contact', '*;text', ['mobile', 'desk']],
    ['Reject-Contact', '*', ['mobile', 'desk']],
    ['Request-Disposition', 'no-cancel, parallel', ['mobile', 'desk']],
    ['Request-Disposition', 'no-fork', ['desk']],
    ['Request-Disposition', 'sequential', ['desk', 'mobile']],
  ])('says %s: %s, and reaches', async (name, value, devices) => {
    expect((await prefer(name, value)).status).toBe(486);
    expect(seen().toSorted()).toEqual(devices.map((device) => `INVITE ${device}`).toSorted());
  });

  it('has the devices tried one after the other, the best first', async () => {
    answers({ mobile: 180, desk: 486 });
    await lab.send('scscf', alice.initial('INVITE', BOB, [['Request-Disposition', 'sequential']]));
    expect(seen()).toEqual(['INVITE desk', 'INVITE mobile']);
    expect(lab.pcscf.responses.at(-1)?.status).toBe(180);
  });

  it('hears 480 when no device is wanted', async () => {
    expect((await prefer('Reject-Contact', '*;audio')).status).toBe(480);
    expect(seen()).toEqual([]);
  });

  it('reaches a device that says nothing of what it can do', async () => {
    await registerFlow('plain');
    answers({ mobile: 486, desk: 486, plain: 486 });
    expect((await prefer('Accept-Contact', '*;+g.3gpp.smsip;require;explicit')).status).toBe(486);
    expect(seen().toSorted()).toEqual(['INVITE mobile', 'INVITE plain']);
  });
});
