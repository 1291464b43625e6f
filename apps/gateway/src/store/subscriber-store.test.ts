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
import { seededServices, seededSubscribers } from '@imslab/ims-core/nodes/hss/seeded-subscribers';
import type { InitialFilterCriterion } from '@imslab/ims-core/ports/service-profile';
import type { NewSubscription, StoredSubscriber } from '@imslab/ims-core/ports/subscriber-store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLibsql } from './libsql-database.ts';
import { SQNS_PER_RESERVATION } from './sqn-ranges.ts';
import { openSubscriberStore } from './subscriber-store.ts';

const ALICE = '001010000000001';
const BOB = '001010000000002';
const SCSCF = 'sip:scscf.example:6060';
const SEED = [...seededSubscribers(), ...seededServices()];

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'imslab-store-'));
  file = join(folder, 'data', 'imslab.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a new subscriber database', () => {
  it('has the ten seeded subscribers with their credentials, and the services', async () => {
    const store = await openSubscriberStore({ file });
    expect(await store.list()).toEqual(SEED.map(({ subscriber }) => subscriber));
    for (const { subscriber, credentials } of SEED) {
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
    expect(await store.list()).toHaveLength(11);
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

  /** Takes the file back to the schema of the first lab. */
  async function writeEarlierFile(...statements: string[]): Promise<void> {
    await (await openSubscriberStore({ file })).close();
    const earlier = openLibsql(file);
    const back = [
      "delete from public_identity where imsi = '001019999999901'",
      "delete from subscriber where imsi = '001019999999901'",
      'drop table service_settings',
      'drop table digest_credentials',
      'alter table public_identity drop column identity_type',
      'alter table subscriber drop column initial_filter_criteria',
      'alter table subscriber drop column authentication_scheme',
      'alter table subscriber add column auth_pending integer not null default 0 check (auth_pending in (0, 1))',
      "delete from kysely_migration where name > '002'",
    ];
    for (const statement of [...back, ...statements]) earlier.prepare(statement).run([]);
    earlier.close();
  }

  it('of an earlier lab loses the challenges it kept, and nothing else', async () => {
    await writeEarlierFile(
      `update subscriber set server_name = '${SCSCF}', auth_pending = 1 where imsi in ('${ALICE}', '${BOB}')`,
      `update subscriber set state = 'REGISTERED' where imsi = '${ALICE}'`,
    );
    const store = await openSubscriberStore({ file });
    expect(await store.byImsi(ALICE)).toMatchObject({ state: 'REGISTERED', serverName: SCSCF, authPending: false });
    expect(await store.byImsi(BOB)).toMatchObject({ state: 'NOT_REGISTERED', serverName: '', authPending: false });
    const users = (await store.list()).slice(0, 10);
    expect(users.map(({ identities }) => identities.length)).toEqual(Array(10).fill(4));
    await store.close();
  });

  it('of an earlier lab gets the schemes, the services of users and the echo service that a new one has', async () => {
    await writeEarlierFile();
    const store = await openSubscriberStore({ file });
    expect(await store.list()).toEqual(SEED.map(({ subscriber }) => subscriber));
    await store.close();
  });

  it('of an earlier lab that had no subscribers gets none', async () => {
    await writeEarlierFile(
      'delete from sequence_number',
      'delete from credentials',
      'delete from public_identity',
      'delete from subscriber',
    );
    const store = await openSubscriberStore({ file });
    expect(await store.list()).toEqual([]);
    await store.close();
  });

  it('with criteria that nobody could have stored is damaged', async () => {
    await (await openSubscriberStore({ file })).close();
    const database = openLibsql(file);
    database.prepare("update subscriber set initial_filter_criteria = '[{}]'").run([]);
    database.close();
    await expect(openSubscriberStore({ file })).rejects.toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }));
  });
});

describe('the services of a user', () => {
  const SETTINGS = {
    forwarding: { busy: 'sip:carol@ims.example', noAnswer: { target: 'tel:+15550001003', afterS: 30 } },
    greeting: true,
  };

  it('are none at first, and on disk when they are set', async () => {
    const store = await openSubscriberStore({ file });
    expect(await store.services.ofSubscriber(ALICE)).toEqual({ forwarding: {}, greeting: false });
    await store.services.set(ALICE, { forwarding: {}, greeting: true });
    await store.services.set(ALICE, SETTINGS);
    await store.close();
    const again = await openSubscriberStore({ file });
    expect(await again.services.ofSubscriber(ALICE)).toEqual(SETTINGS);
    expect(await again.services.ofIdentity('tel:+15550001001')).toEqual(SETTINGS);
    expect(await again.services.ofSubscriber(BOB)).toEqual({ forwarding: {}, greeting: false });
    await again.close();
  });

  it('go with the subscription', async () => {
    const store = await openSubscriberStore({ file });
    await store.services.set(ALICE, SETTINGS);
    await store.remove(ALICE);
    expect(await store.services.ofSubscriber(ALICE)).toBeUndefined();
    await expect(store.services.set(ALICE, SETTINGS)).rejects.toThrow();
    await store.close();
  });
});

describe('provisioning', () => {
  const SUBSCRIBER: StoredSubscriber = {
    imsi: '001010000000077',
    impi: '001010000000077@ims.example',
    name: 'Test 77',
    identities: [
      { uri: 'sip:+15550001077@ims.example', barred: false, displayName: 'Test 77', identityType: 0 },
      { uri: 'tel:+15550001077', barred: true, displayName: '', identityType: 0 },
    ],
    authenticationScheme: 'SIP Digest',
    initialFilterCriteria: [],
    state: 'NOT_REGISTERED',
    serverName: '',
    authPending: false,
  };
  const DIGEST = { realm: 'ims.example', algorithm: 'SHA-256', ha1: 'ab'.repeat(32) } as const;
  const CRITERIA: readonly InitialFilterCriterion[] = [
    {
      priority: 7,
      triggerPoint: {
        conditionTypeCnf: false,
        servicePointTriggers: [
          { conditionNegated: true, groups: [0, 2], condition: { kind: 'RequestURI', pattern: '^sip:.*;x="\u00fc"' } },
          {
            conditionNegated: false,
            groups: [1],
            condition: { kind: 'Method', method: 'REGISTER', registrationTypes: ['RE_REGISTRATION'] },
          },
          { conditionNegated: false, groups: [1], condition: { kind: 'SIPHeader', header: 'Subject', content: ' a ' } },
          {
            conditionNegated: false,
            groups: [1],
            condition: { kind: 'SessionCase', sessionCase: 'ORIGINATING_REGISTERED' },
          },
          { conditionNegated: false, groups: [1], condition: { kind: 'SessionDescription', line: 'm' } },
        ],
      },
      applicationServer: {
        serverName: 'sip:as.example',
        defaultHandling: 'SESSION_CONTINUED',
        serviceInfo: '<x/>\r\n',
        includeRegisterRequest: true,
        includeRegisterResponse: false,
      },
      profilePart: 'REGISTERED',
    },
  ];
  const added = (digits: string): NewSubscription => ({
    subscriber: {
      ...SUBSCRIBER,
      imsi: `0010100000000${digits}`,
      impi: `${digits}@ims.example`,
      identities: [{ uri: `tel:+1555000${digits}`, barred: false, displayName: '', identityType: 0 }],
    },
    digestCredentials: DIGEST,
  });

  it('of a user with a password, of one with a card and of criteria outlives the process', async () => {
    const card = { k: new Uint8Array(16).fill(1), opc: new Uint8Array(16), amf: Uint8Array.of(0x80, 0) };
    const withCard: StoredSubscriber = { ...added('78').subscriber, authenticationScheme: 'Digest-AKAv1-MD5' };
    const before = await openSubscriberStore({ file });
    await before.add([
      { subscriber: SUBSCRIBER, digestCredentials: DIGEST },
      { subscriber: withCard, credentials: card },
    ]);
    await before.setInitialFilterCriteria(SUBSCRIBER.imsi, CRITERIA);
    await before.nextSqn(withCard.imsi);
    await before.close();
    const after = await openSubscriberStore({ file });
    expect(await after.byImpu('tel:+15550001077')).toEqual({ ...SUBSCRIBER, initialFilterCriteria: CRITERIA });
    expect(await after.digestCredentials(SUBSCRIBER.imsi)).toEqual(DIGEST);
    expect(await after.credentials(SUBSCRIBER.imsi)).toBeUndefined();
    await expect(after.nextSqn(SUBSCRIBER.imsi)).rejects.toThrow('no subscriber');
    expect(await after.byImpi(withCard.impi)).toEqual(withCard);
    expect(await after.credentials(withCard.imsi)).toEqual(card);
    expect((await after.nextSqn(withCard.imsi)) >> 5n).toBe(BigInt(SQNS_PER_RESERVATION + 1));
    await after.close();
  });

  it('of a removal leaves nothing, and the identities free', async () => {
    const store = await openSubscriberStore({ file });
    await store.remove(ALICE);
    const { subscriber } = added('79');
    await store.add([{ subscriber: { ...subscriber, imsi: ALICE }, digestCredentials: DIGEST }]);
    await store.remove(ALICE);
    await expect(store.remove(ALICE)).rejects.toThrow(`no subscriber ${ALICE}`);
    await store.close();
    const database = openLibsql(file);
    for (const table of ['subscriber', 'public_identity', 'credentials', 'digest_credentials', 'sequence_number']) {
      expect(database.prepare(`select imsi from ${table} where imsi = ?`).all([ALICE])).toEqual([]);
    }
    database.close();
  });

  it.each<[string, NewSubscription[], string]>([
    ['an IMSI that is taken', [added('80'), { subscriber: { ...SUBSCRIBER, imsi: ALICE } }], ALICE],
    ['an IMPI twice', [added('80'), { subscriber: { ...SUBSCRIBER, impi: '80@ims.example' } }], '80@ims.example'],
    [
      'an IMPU that is taken',
      [
        added('80'),
        {
          subscriber: {
            ...SUBSCRIBER,
            identities: [{ uri: 'tel:+15550001001', barred: false, displayName: '', identityType: 0 }],
          },
        },
      ],
      'tel:+15550001001',
    ],
  ])('with %s adds none of them and names it', async (_what, subscriptions, identity) => {
    const store = await openSubscriberStore({ file });
    const accepted = store.add([added('81')]);
    const refused = store.add(subscriptions);
    await expect(refused).rejects.toThrow(expect.objectContaining({ code: 'SUBSCRIBER_EXISTS', identity }));
    await accepted;
    expect(await store.byImpi('80@ims.example')).toBeUndefined();
    await store.close();
    const after = await openSubscriberStore({ file });
    expect((await after.list()).map(({ imsi }) => imsi).filter((imsi) => imsi.startsWith('00101000000008'))).toEqual([
      '001010000000081',
    ]);
    await after.close();
  });

  it('with a value that the database cannot hold adds none of them', async () => {
    const store = await openSubscriberStore({ file: ':memory:' });
    const broken = { ...SUBSCRIBER, name: 'a\u0000b' };
    await expect(store.add([added('80'), { subscriber: broken }])).rejects.toThrow(TypeError);
    expect(await store.list()).toHaveLength(11);
    await store.add([added('80'), { subscriber: SUBSCRIBER }]);
    expect(await store.list()).toHaveLength(13);
  });

  it.each<[string, unknown]>([
    ['a priority twice', [CRITERIA[0], CRITERIA[0]]],
    ['a member that nobody knows', [{ ...CRITERIA[0], colour: 'red' }]],
    ['no application server', [{ priority: 1 }]],
    [
      'a trigger without a group',
      [{ ...CRITERIA[0], triggerPoint: { conditionTypeCnf: true, servicePointTriggers: [] } }],
    ],
  ])('of criteria with %s is refused and changes nothing', async (_what, criteria) => {
    const store = await openSubscriberStore({ file: ':memory:' });
    await store.setInitialFilterCriteria(ALICE, CRITERIA);
    await expect(
      store.setInitialFilterCriteria(ALICE, criteria as readonly InitialFilterCriterion[]),
    ).rejects.toThrow();
    expect((await store.byImsi(ALICE))?.initialFilterCriteria).toEqual(CRITERIA);
    await expect(store.setInitialFilterCriteria('999', [])).rejects.toThrow('no subscriber 999');
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
    expect(await second.list()).toHaveLength(11);
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
