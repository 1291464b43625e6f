import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ScriptedUe } from '../../../packages/ims-core/test/kit/scripted-ue.ts';
import { readConfig } from '../src/config.ts';
import { createLab, type Lab } from '../src/lab.ts';
import type { ScscfBox } from '../src/scscf-box.ts';
import { NodeSipTransport } from '../src/sip/node-sip-transport.ts';

/** Time that a procedure over real sockets may take on a busy machine. */
const LIMIT_MS = 10_000;

let lab: Lab;
let dataDir: string;
let host: string;
const phones: ScriptedUe[] = [];

beforeEach(async () => {
  dataDir = mkdtempSync(path.join(tmpdir(), 'imslab-'));
  // Every box listens with its usual port on a loopback address of this test.
  host = `127.${randomInt(2, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  const boxes = ['HTTP', 'PCSCF', 'ICSCF', 'SCSCF', 'SECOND_SCSCF', 'HSS'];
  const config = readConfig({
    ...Object.fromEntries(boxes.map((box) => [`IMSLAB_${box}_HOST`, host])),
    IMSLAB_SECOND_SCSCF_ENABLED: 'true',
    IMSLAB_MEDIA_ADDRESS: '127.0.0.1',
    IMSLAB_MEDIA_PORT: '0',
    IMSLAB_DATA_DIR: dataDir,
  });
  lab = await createLab(config, pino({ level: 'silent' }));
  await lab.start();
});

afterEach(async () => {
  for (const phone of phones.splice(0)) await phone.drop();
  await lab.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function box(name: string): ScscfBox {
  return lab.scscfs.find((one) => one.name === name) ?? expect.fail(`${name} is a box of the lab`);
}

function phone(name: string): ScriptedUe {
  const made = new ScriptedUe(name, {
    transport: () => new NodeSipTransport({ box: name, listen: [] }),
    pcscf: { transport: 'TCP', host, port: 5060 },
    settle: async () => {},
  });
  phones.push(made);
  return made;
}

/** The final status of a registration. */
async function register(ue: ScriptedUe): Promise<number> {
  const before = ue.registerAnswers.length;
  await ue.startRegister(600);
  await vi.waitFor(() => expect(ue.registerAnswers.length).toBeGreaterThan(before), LIMIT_MS);
  return ue.registerAnswers.at(-1)?.status ?? 0;
}

/** One calls the other, who answers; then the caller hangs up. */
async function call(caller: ScriptedUe, called: ScriptedUe): Promise<void> {
  const before = called.calls.length;
  await caller.invite(called.impu);
  await vi.waitFor(() => expect(called.calls.length).toBeGreaterThan(before), LIMIT_MS);
  await called.respond(200);
  await vi.waitFor(() => expect(caller.call.final?.status).toBe(200), LIMIT_MS);
  await caller.hangUp();
  await vi.waitFor(() => expect(called.call.state).toBe('over'), LIMIT_MS);
}

/** Numbers of the subscribers at each S-CSCF. */
const users = () =>
  lab.scscfs.map((scscf) =>
    scscf
      .registrations()
      .map(({ impi }) => Number(impi.slice(13, 15)))
      .sort(),
  );

it('lets users register at the second S-CSCF while the first is down, and users of both call each other', async () => {
  const [alice, bob, carol] = [phone('Alice'), phone('Bob'), phone('Carol')];
  await box('scscf').stop();
  expect([await register(alice), await register(bob)]).toEqual([200, 200]);
  expect(users()).toEqual([[], [1, 2]]);
  await call(alice, bob);

  await box('scscf').start();
  expect(await box('scscf').ready(LIMIT_MS)).toBe(true);
  expect(await register(carol)).toBe(200);
  expect(users()).toEqual([[3], [1, 2]]);
  await call(alice, carol);
  await call(carol, bob);

  // Who has an S-CSCF keeps it; who loses it moves.
  expect(await register(alice)).toBe(200);
  expect(users()).toEqual([[3], [1, 2]]);
  await box('scscf2').stop();
  expect([await register(alice), await register(bob)]).toEqual([200, 200]);
  expect(users()).toEqual([[1, 2, 3], []]);
  await call(bob, carol);

  await box('scscf').stop();
  expect(await register(alice)).toBe(504);
}, 60_000);

it('tells a phone with 504 to register anew after its S-CSCF was restarted', async () => {
  const [alice, bob] = [phone('Alice'), phone('Bob')];
  expect([await register(alice), await register(bob)]).toEqual([200, 200]);
  await box('scscf').stop();
  await box('scscf').start();
  expect(await box('scscf').ready(LIMIT_MS)).toBe(true);

  await alice.invite(bob.impu);
  await vi.waitFor(() => expect(alice.call.final?.status).toBe(504), LIMIT_MS);
  expect(new TextDecoder().decode(alice.call.final?.body)).toContain('<action>initial-registration</action>');

  expect([await register(alice), await register(bob)]).toEqual([200, 200]);
  await call(alice, bob);
}, 60_000);

it('lets the second S-CSCF take over a called user whose own is down, asked and told over Diameter', async () => {
  const [alice, bob] = [phone('Alice'), phone('Bob')];
  await box('scscf').stop();
  expect(await register(alice)).toBe(200);
  await box('scscf').start();
  expect(await box('scscf').ready(LIMIT_MS)).toBe(true);
  expect(await register(bob)).toBe(200);
  expect(users()).toEqual([[2], [1]]);

  await box('scscf').stop();
  await alice.invite(bob.impu);
  await vi.waitFor(() => expect(alice.call.final?.status).toBe(480), LIMIT_MS);
  expect(await register(bob)).toBe(200);
  expect(users()).toEqual([[], [1, 2]]);
  await call(alice, bob);
}, 60_000);
