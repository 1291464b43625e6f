// npm run screenshots: draws docs/images anew from a built lab of its own: Alice and Bob in a call, light and dark, and the inspector.
// Needs a build (npm start once) and Chromium (IMSLAB_CHROMIUM when it is not /usr/bin/chromium).
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { root, runMain, say } from './lib/run.mjs';

/** Loopback address of the lab that is drawn: one that stays out of the way of a lab on the usual ports. */
const HOST = '127.44.1.1';
const URL = `http://${HOST}:8080`;
const MEDIA_PORT = '31944';
/** How long the call goes on before it is drawn, so that the voices have gone their way, milliseconds. */
const TALK_MS = 12_000;
const SIZE = { width: 1440, height: 900 };
const images = path.join(root, 'docs/images');

await runMain(async () => {
  const dataDir = fs.mkdtempSync(path.join(os.tmpdir(), 'imslab-screenshots-'));
  const lab = await startLab(dataDir);
  const browser = await chromium.launch({
    executablePath: process.env.IMSLAB_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required'],
  });
  try {
    await draw(browser);
  } finally {
    await browser.close();
    lab.kill('SIGTERM');
    await new Promise((resolve) => lab.once('exit', resolve));
    fs.rmSync(dataDir, { recursive: true, force: true });
  }
  return 0;
});

function startLab(dataDir) {
  const hosts = ['HTTP', 'PCSCF', 'ICSCF', 'SCSCF', 'HSS', 'AS'].map((box) => [`IMSLAB_${box}_HOST`, HOST]);
  const lab = spawn(process.execPath, [path.join(root, 'apps/gateway/dist/main.js')], {
    cwd: root,
    env: {
      ...process.env,
      ...Object.fromEntries(hosts),
      IMSLAB_HTTP_PORT: '8080',
      IMSLAB_MEDIA_PORT: MEDIA_PORT,
      IMSLAB_MEDIA_ADDRESS: '127.0.0.1',
      IMSLAB_MEDIA_CORE_ADDRESS: HOST,
      IMSLAB_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return new Promise((resolve, reject) => {
    lab.once('message', () => resolve(lab));
    lab.once('exit', (code) => reject(new Error(`the lab ended with status ${code}`)));
  });
}

async function draw(browser) {
  const context = await browser.newContext({ viewport: SIZE, colorScheme: 'light', reducedMotion: 'reduce' });
  const alice = await open(context, 'alice');
  const bob = await open(context, 'bob');
  for (const page of [alice, bob]) {
    await page.getByRole('button', { name: 'Register', exact: true }).click();
    await page.getByRole('status').filter({ hasText: 'Registered' }).waitFor();
  }
  await alice.getByRole('textbox', { name: 'Call to' }).fill('bob');
  await alice.getByRole('button', { name: 'Call', exact: true }).click();
  await bob.getByRole('button', { name: 'Answer', exact: true }).click();
  await alice.locator('.voice-band').waitFor();
  await alice.bringToFront();
  await alice.waitForTimeout(TALK_MS);
  await shoot(alice, 'lab-light.png');
  await alice.emulateMedia({ colorScheme: 'dark' });
  await alice.waitForTimeout(1_000);
  await shoot(alice, 'lab-dark.png');
  await alice.emulateMedia({ colorScheme: 'light' });

  const ladder = alice.getByRole('list', { name: 'Ladder' });
  await ladder
    .getByRole('listitem', { name: /MAA 2001/ })
    .first()
    .getByRole('button')
    .click();
  await alice.getByRole('button', { name: /^SIP-Auth-Data-Item/ }).focus();
  await alice.waitForTimeout(1_000);
  await shoot(alice, 'inspector-light.png');
}

async function open(context, ue) {
  const page = await context.newPage();
  await page.goto(`${URL}/?ue=${ue}`);
  await page.getByRole('button', { name: 'Register', exact: true }).waitFor();
  return page;
}

async function shoot(page, name) {
  const file = path.join(images, name);
  await page.screenshot({ path: file });
  say(`${path.relative(root, file)}: ${Math.round(fs.statSync(file).size / 1024)} KB`);
}
