import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLibsql } from './libsql-database.ts';
import { SQNS_PER_RESERVATION } from './sqn-ranges.ts';
import { openSubscriberStore } from './subscriber-store.ts';

const ALICE = '001010000000001';
const BOB = '001010000000002';
const SCSCF = 'sip:scscf.example:6060';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imslab-store-'));
  file = join(folder, 'data', 'imslab.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a new subscriber database', () => {
  it('has the ten seeded subscribers with their credentials', async () => {
    const store = await openSubscriberStore({ file });
    const seed = seededSubscribers();
    expect(await store.list()).toEqual(seed.map(({ subscriber }) => subscriber));
    for (const { subscriber, credentials } of seed) {
      expect(await store.byImsi(subscriber.imsi)).toEqual(subscriber);
      expect(await store.byImpi(subscriber.impi)).toEqual(subscriber);
      expect(await store.credentials(subscriber.imsi)).toEqual(credentials);
      for (const { uri } of subscriber.identities) expect((await store.byImpu(uri))?.imsi).toBe(subscriber.imsi);
    }
    await store.close();
  });

  it('has the home domain it is told, and nobody when it is told so', async () => {
    const other = await openSubscriberStore({ file: ':memory:', domain: 'ims.example' });
    expect((await other.byImpi(`${ALICE}@ims.example`))?.identities[0]?.uri).toBe('sip:+15550001001@ims.example');
    const empty = await openSubscriberStore({ file: ':memory:', seed: false });
    expect(await empty.list()).toEqual([]);
  });

  it('knows nobody else', async () => {
    const store = await openSubscriberStore({ file: ':memory:' });
    expect(await store.byImsi('999')).toBeUndefined();
    expect(await store.byImpi('')).toBeUndefined();
    expect(await store.byImpu('sip:nobody@example.org')).toBeUndefined();
    expect(await store.credentials('999')).toBeUndefined();
    await expect(store.nextSqn('999')).rejects.toThrow('no subscriber 999');
    await expect(store.resetSqn('999', 5n)).rejects.toThrow('no subscriber 999');
    await expect(store.updateRegistration('999', { authPending: true })).rejects.toThrow('no subscriber 999');
  });

  it('is one whole file, or none when making it was broken off', async () => {
    mkdirSync(join(folder, 'data'));
    writeFileSync(`${file}.new`, 'half a database');
    const store = await openSubscriberStore({ file });
    expect(await store.list()).toHaveLength(10);
    await store.close();
    expect(readdirSync(join(folder, 'data'))).toEqual(['imslab.sqlite']);
  });
});

describe('registration state', () => {
  it('changes in the fields that are named, for one subscriber', async () => {
    const store = await openSubscriberStore({ file: ':memory:' });
    await store.updateRegistration(ALICE, { state: 'REGISTERED', serverName: SCSCF });
    await store.updateRegistration(ALICE, { authPending: true });
    await store.updateRegistration(ALICE, {});
    expect(await store.byImsi(ALICE)).toMatchObject({ state: 'REGISTERED', serverName: SCSCF, authPending: true });
    expect(await store.byImsi(BOB)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
  });

  it('is not changed by a value that the store refuses', async () => {
    const store = await openSubscriberStore({ file: ':memory:' });
    const update = { state: 'REGISTERED', serverName: 'sip:a\u0000b' } as const;
    await expect(store.updateRegistration(ALICE, update)).rejects.toThrow(TypeError);
    expect(await store.byImsi(ALICE)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '' });
  });

  it('outlives the process, only challenges that were under way do not', async () => {
    const before = await openSubscriberStore({ file });
    await before.updateRegistration(ALICE, { state: 'REGISTERED', serverName: SCSCF, authPending: true });
    await before.updateRegistration(BOB, { serverName: SCSCF, authPending: true });
    await before.close();
    const after = await openSubscriberStore({ file });
    expect(await after.byImsi(ALICE)).toMatchObject({ state: 'REGISTERED', serverName: SCSCF, authPending: false });
    expect(await after.byImsi(BOB)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
    await after.close();
  });
});

describe('the file', () => {
  /** What another program reads in the file while the store is closed. */
  const rowOf = (imsi: string) => {
    const database = openLibsql(file);
    const [row] = database.prepare('select state, server_name from subscriber where imsi = ?').all([imsi]);
    database.close();
    return row;
  };
  const wal = () => statSync(`${file}-wal`).size;

  it('has a change of the registration before it is answered, and all that were asked for together', async () => {
    const store = await openSubscriberStore({ file });
    const update = { state: 'REGISTERED', serverName: SCSCF } as const;
    await store.updateRegistration(ALICE, { ...update, state: 'UNREGISTERED' });
    const before = wal();
    await store.updateRegistration(ALICE, update);
    const one = wal() - before;
    expect(one).toBeGreaterThan(0);
    const others = (await store.list()).filter(({ imsi }) => imsi !== ALICE);
    await Promise.all(others.map(({ imsi }) => store.updateRegistration(imsi, update)));
    // The nine rows are in the same page: one commit writes it once.
    expect(wal() - before).toBe(2 * one);
    expect((await store.list()).every(({ state }) => state === 'REGISTERED')).toBe(true);
    await store.close();
    expect(rowOf(BOB)).toEqual({ state: 'REGISTERED', server_name: SCSCF });
  });

  it('is not written by an update that changes nothing, or nothing but a challenge under way', async () => {
    const store = await openSubscriberStore({ file });
    await store.updateRegistration(ALICE, { state: 'REGISTERED', serverName: SCSCF });
    const before = wal();
    await store.updateRegistration(ALICE, { state: 'REGISTERED', serverName: SCSCF, authPending: false });
    await store.updateRegistration(ALICE, { authPending: true });
    await store.updateRegistration(BOB, { serverName: SCSCF, authPending: true });
    expect(await store.byImsi(BOB)).toMatchObject({ serverName: SCSCF, authPending: true });
    expect(wal()).toBe(before);
    await store.close();
    expect(rowOf(BOB)).toEqual({ state: 'NOT_REGISTERED', server_name: '' });
  });

  it('keeps the order of updates that are asked for together', async () => {
    const store = await openSubscriberStore({ file });
    await Promise.all([
      store.updateRegistration(ALICE, { state: 'REGISTERED', serverName: SCSCF }),
      store.updateRegistration(ALICE, { authPending: true }),
      store.updateRegistration(ALICE, { state: 'NOT_REGISTERED', serverName: '', authPending: false }),
    ]);
    expect(await store.byImsi(ALICE)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
    await store.close();
    expect(rowOf(ALICE)).toEqual({ state: 'NOT_REGISTERED', server_name: '' });
  });

  it('has what still waits when the store is closed', async () => {
    const store = await openSubscriberStore({ file });
    const update = store.updateRegistration(ALICE, { state: 'REGISTERED', serverName: SCSCF });
    await store.close();
    await update;
    expect(rowOf(ALICE)).toEqual({ state: 'REGISTERED', server_name: SCSCF });
  });

  it('of an earlier lab loses the challenges it kept, and nothing else', async () => {
    await (await openSubscriberStore({ file })).close();
    const earlier = openLibsql(file);
    const run = (sql: string) => earlier.prepare(sql).run([]);
    run("delete from kysely_migration where name = '002-no-pending-challenges'");
    run('alter table subscriber add column auth_pending integer not null default 0 check (auth_pending in (0, 1))');
    run(`update subscriber set server_name = '${SCSCF}', auth_pending = 1 where imsi in ('${ALICE}', '${BOB}')`);
    run(`update subscriber set state = 'REGISTERED' where imsi = '${ALICE}'`);
    earlier.close();
    const store = await openSubscriberStore({ file });
    expect(await store.byImsi(ALICE)).toMatchObject({ state: 'REGISTERED', serverName: SCSCF, authPending: false });
    expect(await store.byImsi(BOB)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
    expect((await store.list()).map(({ identities }) => identities.length)).toEqual(Array(10).fill(4));
    await store.close();
  });
});

describe('SQN', () => {
  const take = async (store: { nextSqn(imsi: string): Promise<bigint> }, imsi: string, count: number) =>
    Promise.all(Array.from({ length: count }, () => store.nextSqn(imsi)));

  it('goes up by one SEQ and one IND a vector, from SEQ 1, IND 0, each subscriber alone', async () => {
    const store = await openSubscriberStore({ file: ':memory:' });
    const expected = Array.from({ length: 100 }, (_, index) => BigInt(index + 1) * 32n + BigInt(index % 32));
    expect(await take(store, ALICE, 100)).toEqual(expected);
    expect(await take(store, BOB, 3)).toEqual(expected.slice(0, 3));
  });

  it('goes on above everything reserved when the database is opened again', async () => {
    const before = await openSubscriberStore({ file });
    const given = await take(before, ALICE, 3);
    await before.close();
    const after = await openSubscriberStore({ file });
    const next = await after.nextSqn(ALICE);
    expect(next).toBeGreaterThan(given.at(-1) ?? 0n);
    expect(next >> 5n).toBe(BigInt(SQNS_PER_RESERVATION + 1));
    await after.close();
  });

  it("goes on from the card's SQN after a resynchronisation, also when the database is opened again", async () => {
    const sqnMs = 0xff9bb4d0b647n;
    const before = await openSubscriberStore({ file });
    await before.nextSqn(ALICE);
    await before.resetSqn(ALICE, sqnMs);
    expect(await before.nextSqn(ALICE)).toBe(0xff9bb4d0b668n);
    await before.close();
    const after = await openSubscriberStore({ file });
    expect(await after.nextSqn(ALICE)).toBeGreaterThan(0xff9bb4d0b668n);
    await after.close();
  });

  it('is not given when all are used up', async () => {
    const store = await openSubscriberStore({ file: ':memory:' });
    await expect(store.resetSqn(ALICE, 2n ** 48n - 1n)).rejects.toThrow(RangeError);
    expect(await store.nextSqn(ALICE)).toBe(32n);
  });
});

describe('a database file that cannot be used', () => {
  async function writeGoodFile(): Promise<Buffer> {
    const store = await openSubscriberStore({ file });
    await store.close();
    return readFileSync(file);
  }

  it.each([
    ['is not a database', () => Buffer.from('garbage '.repeat(1_000))],
    ['is empty', () => Buffer.alloc(0)],
    ['is cut in the first page', (good: Buffer) => good.subarray(0, 50)],
    ['is cut in the middle', (good: Buffer) => good.subarray(0, good.length / 2)],
    ['has a page overwritten', (good: Buffer) => Buffer.from(good).fill(0xff, 8_192, 12_288)],
  ])('because it %s is reported as STORE_CORRUPT and left as it is', async (_what, damage) => {
    const damaged = damage(await writeGoodFile());
    writeFileSync(file, damaged);
    await expect(openSubscriberStore({ file })).rejects.toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
    expect(readFileSync(file).equals(damaged)).toBe(true);
  });

  it('because somebody else has it is reported as STORE_LOCKED, until it is free again', async () => {
    const first = await openSubscriberStore({ file });
    await expect(openSubscriberStore({ file })).rejects.toThrow(expect.objectContaining({ code: 'STORE_LOCKED' }));
    expect(await first.nextSqn(ALICE)).toBe(32n);
    await first.close();
    const second = await openSubscriberStore({ file });
    expect(await second.list()).toHaveLength(10);
    await second.close();
  });

  it('because a newer lab wrote it is reported as STORE_SCHEMA and left as it is', async () => {
    await writeGoodFile();
    const newer = openLibsql(file);
    newer.prepare("insert into kysely_migration values ('999-future', '')").run([]);
    await expect(openSubscriberStore({ file })).rejects.toThrow(expect.objectContaining({ code: 'STORE_SCHEMA' }));
  });

  it('because a folder has its name is reported as STORE_UNAVAILABLE', async () => {
    mkdirSync(file, { recursive: true });
    await expect(openSubscriberStore({ file })).rejects.toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
    expect(existsSync(file)).toBe(true);
  });
});
