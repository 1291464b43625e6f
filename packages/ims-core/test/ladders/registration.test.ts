import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { header } from '../../src/protocols/sip/read.ts';
import { eventLabel } from '../../src/trace/ladder.ts';
import { hssDown } from '../kit/direct-cx.ts';
import { ImsLab } from '../kit/ims-lab.ts';
import { expectCauses } from './causes.ts';

let lab: ImsLab;
beforeEach(async () => {
  lab = await ImsLab.start();
});
afterEach(async () => {
  expect(lab.core.errors).toEqual([]);
  await lab.close();
  expect(lab.core.clock.pending).toBe(0);
});

/** Number of the next event. */
const next = (): number => lab.events.length + 1;

describe('the ladder of a registration', () => {
  it('shows the challenge, the answer of the card and both questions to the HSS', async () => {
    const alice = lab.phone('Alice');
    expect((await alice.register()).status).toBe(200);
    await expect(lab.ladder()).toMatchFileSnapshot('registration.txt');
    expectCauses(lab.events);
  });

  it('shows a re-registration', async () => {
    const alice = lab.phone('Alice');
    await alice.register();
    await lab.core.clock.advance(1_800_000);
    const from = next();
    expect((await alice.register()).status).toBe(200);
    await expect(lab.ladder({ from })).toMatchFileSnapshot('re-registration.txt');
    expect(lab.pcscf.registrations()).toMatchObject([{ expiresInS: 3_600 }]);
    expectCauses(lab.events);
  });

  it('shows a de-registration', async () => {
    const alice = lab.phone('Alice');
    await alice.register();
    const from = next();
    expect((await alice.register(0)).status).toBe(200);
    await expect(lab.ladder({ from })).toMatchFileSnapshot('de-registration.txt');
    expect(lab.pcscf.registrations()).toEqual([]);
    expect(lab.core.scscf.registrations()).toEqual([]);
    expectCauses(lab.events);
  });

  it('shows how a registration runs out that nobody renews', async () => {
    const alice = lab.phone('Alice');
    await alice.register();
    const from = next();
    await lab.core.clock.advance(3_700_000);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('registration-expiry.txt');
    expect(lab.pcscf.registrations()).toEqual([]);
    expect(lab.core.scscf.registrations()).toEqual([]);
    expectCauses(lab.events);
  });

  it('shows a UE that is lost and leaves the network', async () => {
    const alice = lab.phone('Alice');
    await alice.register();
    const from = next();
    await alice.drop();
    await lab.core.clock.advance(30_000);
    await expect(lab.ladder({ from, firstUe: alice })).toMatchFileSnapshot('lost-ue.txt');
    expect(lab.core.scscf.registrations()).toEqual([]);
    expectCauses(lab.events);
  });

  it('shows AUTS and the second challenge, when the SIM is ahead of the HSS', async () => {
    const alice = lab.phone('Alice');
    alice.moveSimTo(100_000);
    expect((await alice.register()).status).toBe(200);
    await expect(lab.ladder()).toMatchFileSnapshot('resynchronisation.txt');
    expectCauses(lab.events);
  });

  it('shows how a SIM with another key is refused: the card does not know this network', async () => {
    const alice = lab.phone('Alice');
    alice.spoilKey();
    expect((await alice.register()).status).toBe(403);
    await expect(lab.ladder()).toMatchFileSnapshot('wrong-key.txt');
    expectCauses(lab.events);
  });

  it('shows how a wrong digest is refused', async () => {
    const alice = lab.phone('Alice');
    alice.spoilResponse = true;
    expect((await alice.register()).status).toBe(403);
    await expect(lab.ladder()).toMatchFileSnapshot('wrong-response.txt');
    expectCauses(lab.events);
  });

  it('shows 480 with Retry-After while the HSS is away', async () => {
    const alice = lab.phone('Alice');
    lab.core.icscfCx.answer({ UAR: hssDown });
    const refused = await alice.register();
    expect(refused.status).toBe(480);
    expect(Number(header(refused, 'Retry-After'))).toBeGreaterThan(0);
    await expect(lab.ladder()).toMatchFileSnapshot('hss-down.txt');
    expectCauses(lab.events);
  });
});

describe('the check of causes', () => {
  it.each([
    ['an answer of the HSS that made nothing', '401', 'S-CSCF', null],
    ['a cause that never happened', '200', 'I-CSCF', 9_999],
    ['a cause that comes later', 'MAR', 'S-CSCF', 20],
    ['a cause of which the box did not know', 'MAR', 'S-CSCF', 1],
  ])('finds %s', async (_, label, from, cause) => {
    await lab.phone('Alice').register();
    const spoiled = lab.events.map((event) =>
      eventLabel(event) === label && event.from.label === from ? { ...event, cause } : event,
    );
    expect(() => expectCauses(spoiled)).toThrow();
  });
});
