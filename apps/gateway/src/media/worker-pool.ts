import type { Clock, Timer } from '@imslab/ims-core/ports/clock';
import { createWorker, type types } from 'mediasoup';
import type { BaseLogger } from 'pino';

export type MediaLog = Pick<BaseLogger, 'info' | 'warn' | 'error'>;

/** A media worker process and the one UDP and TCP port over which all its calls go. */
export interface MediaWorker {
  readonly worker: types.Worker;
  readonly server: types.WebRtcServer;
  /** Routers that live in it. */
  readonly load: () => number;
}

export interface WorkerPoolConfig {
  /** Port of the first worker, the next ones follow; 0 lets each take a free one. */
  readonly webrtcPort: number;
  readonly listenAddresses: readonly string[];
  readonly workers: number;
}

/** What lives in the workers, counted by the workers' own reports. */
export interface MediaObjects {
  routers: number;
  transports: number;
  producers: number;
  consumers: number;
}

export interface WorkerPool {
  /** @throws {MediaStartError} */
  start(): Promise<void>;
  close(): Promise<void>;
  /** The worker with the least calls, undefined while none is up. */
  least(): MediaWorker | undefined;
  readonly objects: Readonly<MediaObjects>;
}

/** The relay could not start; the message names the setting to change. */
export class MediaStartError extends Error {
  readonly code: 'MEDIA_PORT_IN_USE' | 'MEDIA_ADDRESS_UNAVAILABLE' | 'MEDIA_WORKER_UNAVAILABLE';

  constructor(code: MediaStartError['code'], message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const RESTART_DELAY_MS = 500;

export function createWorkerPool(options: {
  readonly config: WorkerPoolConfig;
  readonly clock: Clock;
  readonly log: MediaLog;
  /** The worker is gone, and all that lived in it. */
  readonly onGone: (worker: types.Worker) => void;
  readonly onChange: () => void;
}): WorkerPool {
  const { config, clock, log } = options;
  const slots: (MediaWorker | undefined)[] = [];
  const timers = new Set<Timer>();
  const objects: MediaObjects = { routers: 0, transports: 0, producers: 0, consumers: 0 };
  let closing = false;

  /** Counts an object until its observer says that it is closed. */
  function count(kind: keyof MediaObjects, observer: { once(event: 'close', listener: () => void): unknown }): void {
    objects[kind] += 1;
    options.onChange();
    observer.once('close', () => {
      objects[kind] -= 1;
      options.onChange();
    });
  }

  function countObjects(worker: types.Worker): () => number {
    let routers = 0;
    worker.observer.on('newrouter', (router) => {
      routers += 1;
      router.observer.once('close', () => {
        routers -= 1;
      });
      count('routers', router.observer);
      router.observer.on('newtransport', (transport) => {
        count('transports', transport.observer);
        transport.observer.on('newproducer', (producer) => count('producers', producer.observer));
        transport.observer.on('newconsumer', (consumer) => count('consumers', consumer.observer));
      });
    });
    return () => routers;
  }

  async function open(index: number): Promise<void> {
    const port = config.webrtcPort === 0 ? {} : { port: config.webrtcPort + index };
    const worker = await createWorker({ logLevel: 'warn' }).catch((error: unknown) => {
      throw new MediaStartError('MEDIA_WORKER_UNAVAILABLE', `the media worker does not start: ${String(error)}`, error);
    });
    const load = countObjects(worker);
    const listenInfos = config.listenAddresses.flatMap((ip) => [
      { protocol: 'udp' as const, ip, ...port },
      { protocol: 'tcp' as const, ip, ...port },
    ]);
    const server = await worker.createWebRtcServer({ listenInfos }).catch((error: unknown) => {
      worker.close();
      throw startError(error, config, index);
    });
    if (closing) {
      worker.close();
      return;
    }
    slots[index] = { worker, server, load };
    // mediasoup itself closes its workers on SIGINT and SIGTERM: then the process is about to end, and nothing is restarted.
    worker.observer.once('close', () => {
      slots[index] = undefined;
      options.onGone(worker);
      if (worker.died && !closing) {
        log.error({ worker: index }, 'the media worker died, its calls have no media; a new one starts');
        restart(index);
      }
      options.onChange();
    });
    options.onChange();
  }

  function restart(index: number): void {
    open(index).catch((error: unknown) => {
      log.error({ worker: index, err: error }, 'the media worker could not be started again');
      const timer = clock.after(RESTART_DELAY_MS, () => {
        timers.delete(timer);
        if (!closing) restart(index);
      });
      timers.add(timer);
    });
  }

  return {
    objects,
    async start() {
      try {
        for (let index = 0; index < config.workers; index += 1) await open(index);
      } catch (error) {
        await this.close();
        throw error;
      }
    },
    async close() {
      closing = true;
      for (const timer of timers) timer.stop();
      timers.clear();
      const workers = slots.flatMap((slot) => slot?.worker ?? []);
      const ended = workers.map((worker) => new Promise<void>((resolve) => worker.once('subprocessclose', resolve)));
      for (const worker of workers) worker.close();
      await Promise.all(ended);
    },
    least() {
      return slots
        .flatMap((slot) => slot ?? [])
        .reduce<MediaWorker | undefined>(
          (least, slot) => (least && least.load() <= slot.load() ? least : slot),
          undefined,
        );
    },
  };
}

function startError(error: unknown, config: WorkerPoolConfig, index: number): MediaStartError {
  const text = String(error);
  const port = config.webrtcPort + index;
  if (text.includes('address already in use')) {
    return new MediaStartError(
      'MEDIA_PORT_IN_USE',
      `port ${port} (UDP and TCP) for WebRTC media is in use; choose another with IMSLAB_MEDIA_PORT`,
      error,
    );
  }
  return new MediaStartError(
    'MEDIA_ADDRESS_UNAVAILABLE',
    `cannot listen for WebRTC media on ${config.listenAddresses.join(', ')} port ${port} (IMSLAB_MEDIA_ADDRESS, IMSLAB_MEDIA_PORT): ${text}`,
    error,
  );
}
