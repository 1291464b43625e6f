import { writeSync } from 'node:fs';
import { openSubscriberStore } from '../../src/store/subscriber-store.ts';

/**
 * Uses the store of the file named on the command line until it is killed, and says what it was given: `sqn <imsi> <sqn>`,
 * and `name <n>` when the S-CSCF name `sip:<n>` was accepted. It begins with `found <S-CSCF name>`.
 */
const store = await openSubscriberStore({ file: process.argv[2] ?? '' });
const imsis = (await store.list()).map(({ imsi }) => imsi).slice(0, 3);
const [first = ''] = imsis;
const say = (line: string) => writeSync(process.stdout.fd, `${line}\n`);

const found = (await store.byImsi(first))?.serverName ?? '';
say(`found ${found}`);
for (let count = Number(found.slice('sip:'.length)) + 1; ; count += 1) {
  for (const imsi of imsis) say(`sqn ${imsi} ${await store.nextSqn(imsi)}`);
  await store.updateRegistration(first, { serverName: `sip:${count}` });
  say(`name ${count}`);
}
