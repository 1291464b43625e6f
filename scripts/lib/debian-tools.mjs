import { spawnSync } from 'node:child_process';
import { run, say } from './run.mjs';

/** The field's programs that the tests use: what each proves, and the Debian package that brings it. */
export const tools = [
  { program: 'chromium', package: 'chromium', why: 'two tabs call each other' },
  { program: 'sipp', package: 'sip-tester', why: 'SIPp registers with AKA' },
  { program: 'tshark', package: 'tshark', why: 'tshark decodes what we send' },
];

const has = (program) => spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0;

/** Installs the missing programs when that is possible here (root on Debian), else names the command. Returns what is still missing. */
export async function provideTools() {
  let missing = tools.filter((tool) => !has(tool.program));
  if (missing.length === 0) return [];
  const packages = missing.map((tool) => tool.package);
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...packages];
  if (process.getuid?.() === 0 && has('apt-get')) {
    say(`installing for the tests: ${packages.join(' ')}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    await run('apt-get', ['update', '-qq'], { env });
    await run(command[0], command.slice(1), { env, stdio: ['ignore', 'ignore', 'inherit'] });
    missing = tools.filter((tool) => !has(tool.program));
  }
  for (const tool of missing) {
    say(
      `without ${tool.program} no test that ${tool.why}. It comes with: sudo ${command.slice(0, 4).join(' ')} ${tool.package}`,
    );
  }
  return missing;
}
