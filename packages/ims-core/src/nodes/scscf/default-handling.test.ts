import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { D, tcpHop } from '../../../test/kit/core-lab.ts';
import { criterion, method, sessionCase } from '../../../test/kit/filter-criterion.ts';
import { BOB, IscLab, recordRoutes, TERM } from '../../../test/kit/isc-lab.ts';
import { answers, proxies, ringsThen } from '../../../test/kit/scripted-as.ts';
import { request, response } from '../../protocols/sip/build.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';
import { APPLICATION_SERVER_ANSWER_MS } from './config.ts';

let isc: IscLab;

beforeEach(async () => {
  isc = await IscLab.start();
});

afterEach(() => isc.close());

describe('default handling', () => {
  const cases = (handling: 'SESSION_CONTINUED' | 'SESSION_TERMINATED') => [
    criterion([method('INVITE'), sessionCase(TERM)], { handling }),
  ];

  it.each([500, 503, 504, 408])('goes on without a server that answers %i', async (status) => {
    await isc.startAs(answers(status));
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    expect((await isc.call()).status).toBe(200);
    expect(recordRoutes(isc.only())).toEqual(['term scscf', 'orig scscf', ' pcscf']);
    expect(header(isc.only(), 'P-Served-User')).toBeUndefined();
    expect(isc.notes('ISC_DEFAULT_HANDLING')).toEqual([
      `sip:as.${D}:5080 fails, it answers ${status}: the session goes on without it (SESSION_CONTINUED, TS 24.229 5.4.3.2)`,
    ]);
  });

  it.each([
    [500, 500],
    [504, 504],
    [408, 408],
    // A proxy does not pass a 503 on: it would speak of its own load (RFC 3261 §16.7 step 6).
    [503, 500],
  ])('ends the session with what a needed server answered: %i as %i', async (status, seen) => {
    await isc.startAs(answers(status));
    await isc.register({ Bob: cases('SESSION_TERMINATED') });
    expect((await isc.call()).status).toBe(seen);
    expect(isc.arrived).toEqual([]);
    expect(isc.notes('ISC_DEFAULT_HANDLING')[0]).toContain('the session ends');
  });

  it('waits for a silent server as long as it is told, then goes on without it', async () => {
    const as = await isc.startSilentAs();
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    await isc.core.send('scscf', isc.alice.initial('INVITE', BOB));
    await isc.core.clock.advance(APPLICATION_SERVER_ANSWER_MS - 200);
    expect(isc.arrived).toEqual([]);
    await isc.core.clock.advance(400);
    expect(as.log).toContain('INVITE');
    expect(isc.only().uri).toBe('sip:bob@phone.invalid;transport=ws');
    expect(isc.core.pcscf.responses.at(-1)?.status).toBe(200);
  });

  it('does not take the request back from a server that wakes up too late', async () => {
    const as = await isc.startSilentAs();
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    await isc.core.send('scscf', isc.alice.initial('INVITE', BOB));
    await isc.core.clock.advance(APPLICATION_SERVER_ANSWER_MS + 200);
    expect(isc.arrived).toHaveLength(1);
    const invite = as.last('INVITE');
    const late = request('INVITE', BOB, [
      ['Via', `SIP/2.0/TCP as.${D}:5080;branch=z9hG4bKlate`],
      ['Max-Forwards', '60'],
      ['Route', headerValues(invite, 'Route')[1] ?? ''],
      ...['From', 'To', 'Call-ID', 'CSeq'].map((name) => [name, header(invite, name) ?? ''] as const),
    ]);
    await as.sendTo(tcpHop('scscf'), late);
    await isc.core.settle();
    expect(as.responses.at(-1)?.status).toBe(403);
    expect(isc.arrived).toHaveLength(1);
  });

  it('ends the session with 408 when a needed server is silent', async () => {
    await isc.startSilentAs();
    await isc.register({ Bob: cases('SESSION_TERMINATED') });
    await isc.core.send('scscf', isc.alice.initial('INVITE', BOB));
    await isc.core.clock.advance(APPLICATION_SERVER_ANSWER_MS + 200);
    expect(isc.core.pcscf.responses.at(-1)?.status).toBe(408);
    expect(isc.arrived).toEqual([]);
  });

  it('waits longer once a server says 100', async () => {
    const as = await isc.startSilentAs();
    as.onMessage = (message) => message.kind === 'request' && as.answer(message, 100);
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    await isc.core.send('scscf', isc.alice.initial('INVITE', BOB));
    await isc.core.clock.advance(4 * APPLICATION_SERVER_ANSWER_MS);
    expect(isc.arrived).toEqual([]);
    as.answer(as.last('INVITE'), 503);
    await isc.core.settle();
    expect(isc.arrived).toHaveLength(1);
  });

  it('does not wait for a server that can not be reached', async () => {
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    expect((await isc.call()).status).toBe(200);
  });

  it('leaves the decision to a server that has said more than 100', async () => {
    await isc.startAs(ringsThen(answers(500)));
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    expect((await isc.call()).status).toBe(500);
    expect(isc.arrived).toEqual([]);
    expect(isc.notes('ISC_DEFAULT_HANDLING')).toEqual([]);
  });

  it.each([
    ['SESSION_CONTINUED', 200],
    ['SESSION_TERMINATED', 480],
  ] as const)('with %s answers %i when the name of the server is no SIP URI', async (handling, status) => {
    await isc.register({ Bob: [criterion([], { server: 'as without scheme', handling })] });
    expect((await isc.call()).status).toBe(status);
  });

  it('leaves alone an error of the other side, when the server has given the request back', async () => {
    await isc.startAs(proxies());
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    isc.core.pcscf.onMessage = (message) => {
      if (message.kind !== 'request') return;
      isc.arrived.push(message);
      if (message.method !== 'ACK') isc.core.pcscf.reply(message, response(message, 500, { toTag: 'bob' }));
    };
    expect((await isc.call()).status).toBe(500);
    expect(isc.arrived.filter(({ method: name }) => name === 'INVITE')).toHaveLength(1);
    expect(isc.notes('ISC_DEFAULT_HANDLING')).toEqual([]);
  });

  it('goes on with the next server', async () => {
    await isc.startAs(answers(500));
    const second = await isc.startAs(proxies(), 'as2');
    await isc.register({
      Bob: [
        criterion([method('INVITE')], { priority: 1 }),
        criterion([method('INVITE')], { priority: 2, server: `sip:as2.${D}:5080` }),
      ],
    });
    expect((await isc.call()).status).toBe(200);
    expect(second.requests).toHaveLength(1);
  });

  it('answers 487 when the caller gives up while the server is silent', async () => {
    await isc.startSilentAs();
    await isc.register({ Bob: cases('SESSION_CONTINUED') });
    const invite = isc.alice.initial('INVITE', BOB);
    await isc.core.send('scscf', invite);
    const headers = ['Via', 'Max-Forwards', 'Route', 'From', 'To', 'Call-ID'].flatMap((name) =>
      headerValues(invite, name).map((value) => [name, value] as const),
    );
    await isc.core.send('scscf', request('CANCEL', BOB, [...headers, ['CSeq', '1 CANCEL']]));
    await isc.core.clock.advance(APPLICATION_SERVER_ANSWER_MS);
    expect(isc.core.pcscf.log.filter((each) => each !== '401')).toContain('487');
    expect(isc.arrived).toEqual([]);
  });
});
