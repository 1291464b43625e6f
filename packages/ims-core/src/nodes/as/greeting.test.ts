import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AsLab } from '../../../test/kit/as-lab.ts';
import { header, headerValues } from '../../protocols/sip/read.ts';

const D = 'ims.mnc001.mcc001.3gppnetwork.org';
const call = {
  service: 'greeting',
  uri: `sip:bob@${D}`,
  served: `<sip:bob@${D}>;sescase=term;regstate=unreg`,
};

let lab: AsLab;

beforeEach(async () => {
  lab = await AsLab.start();
});

afterEach(async () => {
  await lab.close();
  expect(lab.clock.pending).toBe(0);
  expect(lab.media.openSessions).toBe(0);
});

describe('the greeting of a user who is not registered', () => {
  it('is spoken once, then the server hangs up and says why', async () => {
    await lab.talk(call);
    expect(lab.media.last).toMatchObject({ what: 'announcement', log: ['answer', 'play'] });
    await lab.clock.advance(4_000);
    lab.media.last.finish();
    await lab.settle();
    const bye = lab.scscf.last('BYE');
    expect(bye.uri).toBe('sip:alice@a1b2.invalid;transport=ws');
    expect(headerValues(bye, 'Route')).toEqual([
      `<sip:term@scscf.${D}:6060;transport=tcp;lr>`,
      `<sip:orig@scscf.${D}:6060;transport=tcp;lr>`,
    ]);
    expect(header(bye, 'Reason')).toBe('SIP;cause=480;text="The called user is not registered"');
    lab.scscf.answer(bye, 200);
    await lab.settle();
    await expect(lab.ladder()).toMatchFileSnapshot('../../../test/ladders/as-greeting.txt');
    expect(lab.as.calls()).toBe(0);
  });

  it('stops when the caller hangs up', async () => {
    const answer = await lab.talk(call);
    await lab.send(lab.inDialog(answer, 'BYE', 2));
    lab.media.last.finish();
    await lab.settle();
    expect(lab.scscf.requests).toEqual([]);
    expect(lab.media.last.closed).toBe(true);
  });

  it('is for the S-CSCF to ask for', async () => {
    expect((await lab.ask(lab.isc(call), lab.stranger)).status).toBe(403);
    expect(lab.media.sessions).toEqual([]);
  });
});
