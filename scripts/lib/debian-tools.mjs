import { spawnSync } from 'node:child_process';
import { run, say } from './run.mjs';

/** The field's programs that the tests use: what each proves, how to see that it is here, and the Debian packages that bring it. */
export const tools = [
  { program: 'chromium', packages: ['chromium'], why: 'two tabs call each other' },
  { program: 'firefox-esr', packages: ['firefox-esr'], why: 'two windows of Firefox call each other' },
  { program: 'sipp', packages: ['sip-tester'], why: 'SIPp registers with AKA' },
  { program: 'tshark', packages: ['tshark'], why: 'tshark decodes what we send' },
  { program: 'xmllint', packages: ['libxml2-utils'], why: 'reginfo documents are valid by their schema' },
  {
    program: 'kamailio',
    modules: '/usr/lib/*/kamailio/modules',
    files: ['ims_icscf.so', 'presence.so'],
    packages: ['kamailio', 'kamailio-ims-modules', 'kamailio-presence-modules'],
    service: 'kamailio',
    why: 'the CSCFs of Kamailio work with our HSS',
  },
  {
    program: 'freeDiameterd',
    packages: ['freediameterd', 'freediameter-extensions', 'openssl'],
    why: 'freeDiameter relays between our CSCFs and our HSS',
  },
];

const shell = (words) => spawnSync('sh', ['-c', words], { stdio: 'ignore' }).status === 0;
const has = (program) => shell(`command -v ${program}`);
const isHere = ({ program, modules, files = [] }) =>
  has(program) && files.every((file) => shell(`ls ${modules}/${file}`));

/** Installs the missing programs when that is possible here (root on Debian), else names the command. Returns what is still missing. */
export async function provideTools() {
  let missing = tools.filter((tool) => !isHere(tool));
  if (missing.length === 0) return [];
  const install = ['install', '-y', '--no-install-recommends'];
  if (process.getuid?.() === 0 && has('apt-get')) {
    say(`installing for the tests: ${missing.flatMap((tool) => tool.packages).join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { env });
    // One tool at a time: a distribution that has no package of this name still gets the others.
    for (const { packages } of missing) {
      await run('apt-get', [...install, ...packages], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    }
    // The tests start what they need; a server that the package starts would hold the lab's ports.
    for (const { service } of missing) if (service !== undefined) shell(`systemctl disable --now ${service}`);
    missing = tools.filter((tool) => !isHere(tool));
  }
  for (const tool of missing) {
    say(
      `without ${tool.program} no test that ${tool.why}. It comes with: sudo apt-get ${install.join(' ')} ${tool.packages.join(' ')}`,
    );
  }
  return missing;
}
