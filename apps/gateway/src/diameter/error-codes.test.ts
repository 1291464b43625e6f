import { readFileSync } from 'node:fs';
import { ResultCode } from '@imslab/ims-core/protocols/diameter/result-codes';
import { describe, expect, it } from 'vitest';

const section = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8').split(
  '\n## Diameter\n',
)[1];

describe('docs/errors.md', () => {
  it('lists every Result-Code with which a request is refused', () => {
    for (const [name, code] of Object.entries(ResultCode)) {
      if (name !== 'SUCCESS') expect(section).toContain(`| ${code} ${name} |`);
    }
  });
});
