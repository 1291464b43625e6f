import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DeregistrationReason } from '../src/ports/cx-push.ts';
import { bodyText } from '../src/protocols/sip/read.ts';
import { ImsLab } from './kit/ims-lab.ts';

const SCHEMA = fileURLToPath(new URL('schemas/reginfo.xsd', import.meta.url));

const ready = spawnSync('sh', ['-c', 'command -v xmllint'], { stdio: 'ignore' }).status === 0;
if (!ready) console.log('skipped: xmllint is not installed');

describe.skipIf(!ready)('xmllint, with a schema of RFC 3680', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'imslab-reginfo-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  function validate(xml: string): { readonly ok: boolean; readonly says: string } {
    const file = join(folder, 'reginfo.xml');
    writeFileSync(file, xml);
    const { status, stderr } = spawnSync('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, file], {
      encoding: 'utf8',
    });
    return { ok: status === 0, says: stderr };
  }

  it('takes every document that a UE gets, from its registration to its end', async () => {
    const lab = await ImsLab.start();
    const alice = lab.phone('Alice');
    await alice.register();
    await alice.watchRegistration();
    await alice.register();
    await lab.core.scscf.shortenRegistration(alice.impi, 120);
    await lab.core.settle();
    await lab.core.scscfCx.registrationTermination({
      userName: alice.impi,
      publicIdentities: [],
      reason: DeregistrationReason.PERMANENT_TERMINATION,
    });
    await lab.core.settle();
    await lab.close();
    const documents = alice.told.map(bodyText);
    expect(documents).toHaveLength(4);
    for (const document of documents) expect(validate(document)).toEqual({ ok: true, says: expect.any(String) });
    for (const event of ['registered', 'created', 'refreshed', 'shortened', 'rejected']) {
      expect(documents.join('')).toContain(`event="${event}"`);
    }
  });

  const contact = '<contact id="c1" state="active" event="registered"><uri>sip:a@b</uri></contact>';
  const document = (inner: string): string =>
    `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full"><registration aor="sip:a@b" id="r1" state="active">${inner}</registration></reginfo>`;

  it.each([
    ['takes a small document', document(contact), true],
    ['refuses an unknown event', document(contact.replace('registered', 'born')), false],
    ['refuses a contact without URI', document(contact.replace('<uri>sip:a@b</uri>', '')), false],
    ['refuses one id for two contacts', document(contact + contact), false],
    ['refuses a document of no namespace', document(contact).replace(/ xmlns="[^"]*"/, ''), false],
  ])('%s', (_what, xml, ok) => {
    expect(validate(xml).ok).toBe(ok);
  });
});
