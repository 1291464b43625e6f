import { setFlagsFromString } from 'node:v8';
import { pino } from 'pino';
import { ConfigError, readConfig } from './config.ts';
import { createLab } from './lab.ts';
import { PortInUseError } from './listen.ts';
import { QuietCollection } from './quiet-collection.ts';

/**
 * How much the heap grows beyond what is live before the next full collection, percent. V8's own measure is up to three times what is
 * live, which for a lab of some thousand users is hundreds of megabytes and saves no time that could be measured.
 */
const HEAP_GROWTH_PERCENT = 60;

/** Time that closing may take before the process ends anyway. */
const CLOSE_LIMIT_MS = 5_000;

async function main(): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const config = readConfig();
  const log = pino({ level: config.log.level, base: null });
  const lab = await createLab(config, log);
  const quietCollection = new QuietCollection();
  let closing = false;
  const close = async (signal: string) => {
    if (closing) return;
    closing = true;
    log.info({ signal }, 'closing');
    setTimeout(() => process.exit(1), CLOSE_LIMIT_MS).unref();
    quietCollection.close();
    await lab.close();
    process.exit(0);
  };
  // mediasoup closes its workers itself on these signals; ours come first, so that the calls end in order.
  process.prependListener('SIGINT', () => void close('SIGINT'));
  process.prependListener('SIGTERM', () => void close('SIGTERM'));
  process.on('message', (message) => {
    if (message === 'close') void close('close');
  });
  process.on('unhandledRejection', (error) => log.error({ error: String(error) }, 'a promise was left rejected'));
  const { url } = await lab.start();
  quietCollection.start();
  process.send?.({ ready: url });
  log.info({ url }, 'the lab is up');
}

main().catch((error: unknown) => {
  const known =
    error instanceof ConfigError || error instanceof PortInUseError || (error instanceof Error && 'code' in error);
  console.error(known && error instanceof Error ? `imslab: ${error.message}` : error);
  process.exit(1);
});
