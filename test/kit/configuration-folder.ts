import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Copies configuration files into a new folder, each `@name@` in them replaced by its value; `@folder@` is the new folder. Returns it. */
export function configurationFolder(from: string, values: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'imslab-peer-'));
  for (const file of readdirSync(from)) {
    const text = readFileSync(path.join(from, file), 'utf8');
    const filled = text.replace(/@(\w+)@/g, (written, name) =>
      name === 'folder' ? folder : (values[name] ?? written),
    );
    writeFileSync(path.join(folder, file), filled);
  }
  return folder;
}
