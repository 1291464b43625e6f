// Writes docs/deviations.md from the `Deviation:` comments.
import fs from 'node:fs';
import path from 'node:path';
import { deviationsPage } from './lib/deviations.mjs';
import { root } from './lib/run.mjs';

fs.writeFileSync(path.join(root, 'docs/deviations.md'), deviationsPage(root));
