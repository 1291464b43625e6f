import { describe, expect, it } from 'vitest';
import { answerLine, BOB, hssIn, IMPI, IMPU, IMSI, OTHER, OURS, stateLine, TEL } from '../../../test/kit/hss-lab.ts';
import { createMemoryStore } from '../../../test/kit/memory-store.ts';
import { SeededRandom } from '../../../test/kit/seeded-random.ts';
import { ServerAssignmentType } from '../../ports/cx-client.ts';
import type { SubscriberStore } from '../../ports/subscriber-store.ts';
import { createHss } from './hss.ts';

describe('requests about subscriptions', () => {
  const type = ServerAssignmentType;
  const request = {
    userName: IMPI,
    publicIdentities: [IMPU],
    serverName: OURS,
    userDataAlreadyAvailable: false,
  };

  it('are decided each on the state that the one before it left', async () => {
    const { hss, store } = await hssIn('NOT_REGISTERED');
    const register = { ...request, serverAssignmentType: type.REGISTRATION };
    const answers = await Promise.all([
      hss.serverAssignment(register),
      hss.serverAssignment({ ...register, serverName: OTHER }),
      hss.serverAssignment({ ...register, serverAssignmentType: type.USER_DEREGISTRATION }),
      hss.serverAssignment({ ...register, serverName: OTHER }),
    ]);
    expect(answers.map(answerLine)).toEqual(['2001', '10415/5005 ours', '2001', '2001']);
    expect(await stateLine(store)).toBe('REGISTERED other');
  });

  it('wait for those of the same subscription only', async () => {
    const store = createMemoryStore();
    let release = () => {};
    const written = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slowForAlice: SubscriberStore = {
      ...store,
      async updateRegistration(imsi, update) {
        if (imsi === IMSI) await written;
        await store.updateRegistration(imsi, update);
      },
    };
    const hss = createHss({ store: slowForAlice, random: new SeededRandom() });
    const register = { ...request, serverAssignmentType: type.REGISTRATION };
    const order: string[] = [];
    const ask = async (who: string, identities: object) => {
      order.push(`${who} ${answerLine(await hss.serverAssignment({ ...register, ...identities }))}`);
    };
    const ofAlice = [
      ask('Alice', {}),
      ask('Alice by IMPI', { publicIdentities: [], serverAssignmentType: type.USER_DEREGISTRATION }),
      ask('Alice by tel URI', { userName: undefined, publicIdentities: [TEL] }),
    ];
    await ask('Bob', { userName: undefined, publicIdentities: [BOB] });
    release();
    await Promise.all(ofAlice);
    expect(order).toEqual(['Bob 2001', 'Alice 2001', 'Alice by IMPI 2001', 'Alice by tel URI 2001']);
    expect(await stateLine(store)).toBe('REGISTERED ours');
  });
});
