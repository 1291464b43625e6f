import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../test/kit/virtual-clock.ts';
import { MAX_UNREGISTERED_USERS, UNREGISTERED_USER_LIFETIME_MS } from './config.ts';
import { SharedServices } from './shared-services.ts';
import { UnregisteredUsers } from './unregistered-users.ts';
import { type UserProfile, userProfile } from './user-profile.ts';

const profileOf = (name: string, ...identities: readonly string[]): UserProfile =>
  userProfile(
    {
      privateId: `${name}@lab.example`,
      serviceProfiles: [
        {
          publicIdentities: identities.map((identity) => ({ identity, barred: false, identityType: 0 })),
          initialFilterCriteria: [],
          sharedIfcSetIds: [],
        },
      ],
    },
    new SharedServices(),
  );
const ALICE = profileOf('alice', 'sip:alice@lab.example', 'tel:+15550001001');

let clock: VirtualClock;
let released: string[];
let users: UnregisteredUsers;

beforeEach(() => {
  clock = new VirtualClock();
  released = [];
  users = new UnregisteredUsers(clock, (profile) => released.push(profile.privateId));
});

describe('the users who are served without being registered', () => {
  it('are found by each of their identities', () => {
    users.hold(ALICE);
    expect(users.profileOf('sip:alice@lab.example')).toBe(ALICE);
    expect(users.profileOf('tel:+15550001001')).toBe(ALICE);
    expect(users.byImpi('alice@lab.example')).toBe(ALICE);
    expect(users.profileOf('sip:bob@lab.example')).toBeUndefined();
  });

  it('are released once when their time is over, from the latest profile on', async () => {
    users.hold(ALICE);
    await clock.advance(UNREGISTERED_USER_LIFETIME_MS / 2);
    users.hold(profileOf('alice', 'sip:alice@lab.example'));
    expect(users.profileOf('tel:+15550001001')).toBeUndefined();
    await clock.advance(UNREGISTERED_USER_LIFETIME_MS - 1);
    expect(released).toEqual([]);
    await clock.advance(1);
    expect(released).toEqual(['alice@lab.example']);
    expect(users.profileOf('sip:alice@lab.example')).toBeUndefined();
  });

  it('are not released when they are forgotten, or the box closes', async () => {
    users.hold(ALICE);
    users.forget('alice@lab.example');
    users.forget('nobody@lab.example');
    users.hold(profileOf('bob', 'sip:bob@lab.example'));
    users.close();
    await clock.advance(UNREGISTERED_USER_LIFETIME_MS);
    expect(released).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  it('are no more than their limit: the oldest is released', () => {
    for (let i = 0; i <= MAX_UNREGISTERED_USERS; i += 1) users.hold(profileOf(`u${i}`, `sip:u${i}@lab.example`));
    expect(released).toEqual(['u0@lab.example']);
    expect(users.profileOf('sip:u0@lab.example')).toBeUndefined();
    expect(users.profileOf('sip:u1@lab.example')).toBeDefined();
  });
});
