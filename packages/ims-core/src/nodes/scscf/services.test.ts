import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { D } from '../../../test/kit/core-lab.ts';
import { criterion, method, sessionCase } from '../../../test/kit/filter-criterion.ts';
import { BOB, IscLab, ORIG, recordRoutes, TERM } from '../../../test/kit/isc-lab.ts';
import { type AsBehaviour, answers, proxies } from '../../../test/kit/scripted-as.ts';
import { header } from '../../protocols/sip/read.ts';
import { MAX_CHAINED_APPLICATION_SERVERS } from './config.ts';

let isc: IscLab;

beforeEach(async () => {
  isc = await IscLab.start();
});

afterEach(() => isc.close());

describe('several application servers', () => {
  it('are asked one after the other, the caller and the called user each theirs', async () => {
    const order: string[] = [];
    const noting =
      (name: string): AsBehaviour =>
      async (as, incoming) => {
        order.push(`${name} ${header(incoming.message, 'P-Served-User')?.replace(/.*sescase=(\w+).*/, '$1')}`);
        await proxies()(as, incoming);
      };
    await isc.startAs(noting('as'));
    await isc.startAs(noting('as2'), 'as2');
    const both = [
      criterion([method('INVITE')], { priority: 30 }),
      criterion([method('INVITE')], { priority: 4, server: `sip:as2.${D}:5080` }),
    ];
    await isc.register({ Alice: both, Bob: both });
    expect((await isc.call()).status).toBe(200);
    expect(order).toEqual(['as2 orig', 'as orig', 'as2 term', 'as term']);
    expect(recordRoutes(isc.only())).toEqual([
      'term.as-pcscf scscf',
      'term.as-as scscf',
      'term.core-as scscf',
      'orig.as-core scscf',
      'orig.as-as scscf',
      'orig.pcscf-as scscf',
      ' pcscf',
    ]);
  });

  it('each see the request as the one before left it', async () => {
    await isc.startAs(async (as, incoming) => {
      const edit = as.edit(incoming).append('Priority', 'urgent', 'marked');
      await as.stack.forward(incoming, [{ request: edit.done() }]);
    });
    const second = await isc.startAs(proxies(), 'as2');
    await isc.register({
      Alice: [
        criterion([method('INVITE')], { priority: 1 }),
        criterion([{ kind: 'SIPHeader', header: 'Priority', content: '^urgent$' }], {
          priority: 2,
          server: `sip:as2.${D}:5080`,
        }),
      ],
    });
    await isc.call();
    expect(second.requests).toHaveLength(1);
  });

  it('are no more than the limit', async () => {
    const as = await isc.startAs(proxies());
    const many = Array.from({ length: MAX_CHAINED_APPLICATION_SERVERS + 1 }, (_, priority) =>
      criterion([method('INVITE')], { priority }),
    );
    await isc.register({ Alice: many });
    expect((await isc.call()).status).toBe(403);
    expect(as.requests).toHaveLength(MAX_CHAINED_APPLICATION_SERVERS);
  });
});

describe('a pattern that can not be used', () => {
  it('never matches, negated or not, and stands on the ladder', async () => {
    const as = await isc.startAs(answers(403));
    const broken = { kind: 'SIPHeader', header: 'Subject', content: '(unclosed' } as const;
    const negated = criterion([broken]);
    await isc.register({
      Alice: [
        {
          ...negated,
          triggerPoint: {
            conditionTypeCnf: true,
            servicePointTriggers: [{ conditionNegated: true, groups: [0], condition: broken }],
          },
        },
      ],
    });
    const before = isc.notes('IFC_PATTERN_UNUSABLE').length;
    expect((await isc.call()).status).toBe(200);
    expect(as.requests).toEqual([]);
    expect(isc.notes('IFC_PATTERN_UNUSABLE').slice(before)).toEqual([
      'The filter criterion with priority 10 has a pattern that never matches: (unclosed: error parsing regexp: missing closing )',
    ]);
  });
});

describe('the ladder', () => {
  const vip = criterion([method('INVITE'), { kind: 'SIPHeader', header: 'Priority', content: '^urgent$' }], {
    priority: 1,
  });
  const voicemail = criterion([method('INVITE'), sessionCase('TERMINATING_UNREGISTERED')], { priority: 2 });
  const unregistered = criterion([], { priority: 3, part: 'UNREGISTERED' });
  const mmtel = criterion([method('INVITE'), sessionCase(TERM)], { priority: 4 });

  it('says which criteria a request met, and why it did not meet the others', async () => {
    await isc.startAs(proxies());
    await isc.register({ Bob: [mmtel, unregistered, voicemail, vip, criterion([method('MESSAGE')], { priority: 5 })] });
    expect((await isc.call()).status).toBe(200);
    const asked = [
      'criterion 1 is not met: no Priority: ^urgent$',
      'criterion 2 is not met: no TERMINATING_UNREGISTERED',
      'criterion 3 is for the UNREGISTERED part of the profile',
      `criterion 4 is met by INVITE, ${TERM}: sip:as.${D}:5080`,
    ];
    expect(isc.notes('IFC_EVALUATED')).toEqual([
      `${TERM} of ${BOB}: ${asked.join('; ')} (TS 29.228 Annex C)`,
      // The request is back, and goes on behind the server that had it.
      `${TERM} of ${BOB}: criterion 5 is not met: no MESSAGE (TS 29.228 Annex C)`,
    ]);
  });

  it('names a criterion without a trigger point, and one whose triggers are about REGISTER alone', async () => {
    await isc.startAs(proxies());
    await isc.register({ Alice: [criterion([method('REGISTER')], { priority: 1 }), criterion([], { priority: 2 })] });
    await isc.call();
    expect(isc.notes('IFC_EVALUATED')).toEqual([
      `${ORIG} of ${isc.alice.impu}: criterion 1 is not met: no REGISTER; criterion 2 is met by every request: sip:as.${D}:5080 (TS 29.228 Annex C)`,
    ]);
  });

  it('has the note between the request and what it led to', async () => {
    await isc.startAs(proxies());
    await isc.register({ Bob: [mmtel] });
    await isc.call();
    const { events } = isc.core.trace;
    const note = events.find((event) => event.kind === 'note' && event.note.code === 'IFC_EVALUATED');
    expect(events.find(({ seq }) => seq === note?.cause)).toMatchObject({ sip: { method: 'INVITE', status: 0 } });
    expect(events.find(({ cause }) => cause === note?.seq)).toMatchObject({ to: { node: 'as' } });
  });

  it('says nothing of users without services', async () => {
    await isc.register();
    expect((await isc.call()).status).toBe(200);
    expect(isc.notes('IFC_EVALUATED')).toEqual([]);
  });
});
