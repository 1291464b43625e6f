import { beforeEach, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { VirtualClock } from '../../../test/kit/virtual-clock.ts';
import { MAX_ORIGINAL_DIALOGS, ORIGINAL_DIALOG_LIFETIME_MS } from './config.ts';
import { OriginalDialogs, type ServiceChain } from './original-dialogs.ts';

const chain = (servedUser: string): ServiceChain => ({
  servedUser,
  sessionCase: 'ORIGINATING_REGISTERED',
  requestUri: 'sip:bob@lab.example',
  after: 1,
  invoked: 1,
  icid: undefined,
});

let clock: VirtualClock;
let dialogs: OriginalDialogs;

beforeEach(() => {
  clock = new VirtualClock();
  dialogs = new OriginalDialogs(clock, new SeededRandom(1));
});

describe('the original dialogs', () => {
  it('give each server an identifier of 96 bits, by which the chain is found again and again', () => {
    const tokens = ['a', 'b'].map((user) => dialogs.open(chain(user)));
    expect(new Set(tokens).size).toBe(2);
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{24}$/);
    expect(tokens.map((token) => dialogs.take(token)?.servedUser)).toEqual(['a', 'b']);
    expect(dialogs.take(tokens[0] ?? '')?.servedUser).toBe('a');
  });

  it('know which one was returned', () => {
    const token = dialogs.open(chain('a'));
    expect(dialogs.wasReturned(token)).toBe(false);
    dialogs.take(token);
    expect(dialogs.wasReturned(token)).toBe(true);
    expect(dialogs.wasReturned('unknown')).toBe(false);
  });

  it('end when they were kept long enough, or are closed', async () => {
    const [first, second] = [dialogs.open(chain('a')), dialogs.open(chain('b'))];
    dialogs.close(second);
    expect(dialogs.take(second)).toBeUndefined();
    await clock.advance(ORIGINAL_DIALOG_LIFETIME_MS - 1);
    expect(dialogs.take(first)).toBeDefined();
    await clock.advance(1);
    expect(dialogs.take(first)).toBeUndefined();
  });

  it('forget the expired ones when another is opened, without a timer', async () => {
    for (let i = 0; i < 100; i += 1) dialogs.open(chain('a'));
    expect(clock.pending).toBe(0);
    await clock.advance(ORIGINAL_DIALOG_LIFETIME_MS);
    dialogs.open(chain('b'));
    expect(dialogs.size).toBe(1);
  });

  it('are no more than their limit: the oldest gives way', () => {
    const [first, second] = [dialogs.open(chain('a')), dialogs.open(chain('b'))];
    for (let i = 1; i < MAX_ORIGINAL_DIALOGS; i += 1) dialogs.open(chain('c'));
    expect(dialogs.size).toBe(MAX_ORIGINAL_DIALOGS);
    expect(dialogs.take(first)).toBeUndefined();
    expect(dialogs.take(second)).toBeDefined();
  });
});
