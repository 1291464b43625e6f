import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { LabState } from '@imslab/ims-core/api/lab-api';
import { createHss } from '@imslab/ims-core/nodes/hss/hss';
import { createIcscf } from '@imslab/ims-core/nodes/icscf/icscf';
import { createPcscf } from '@imslab/ims-core/nodes/pcscf/pcscf';
import type { SipHop } from '@imslab/ims-core/ports/sip-transport';
import { hex } from '@imslab/ims-core/protocols/sip/ids';
import { TraceHistory } from '@imslab/ims-core/trace/history';
import { columnKey } from '@imslab/ims-core/trace/ladder';
import type { Logger } from 'pino';
import { TraceFeed } from './api/feed.ts';
import { createHttpServer } from './api/http-server.ts';
import { SimLeases } from './api/sim-leases.ts';
import { createApplicationServer, plainRtpParty, readdressServices } from './application-server.ts';
import type { LabConfig } from './config.ts';
import { createCxClient } from './diameter/cx-client.ts';
import { createCxServer } from './diameter/cx-server.ts';
import { createLabels } from './labels.ts';
import { PortInUseError } from './listen.ts';
import { mediaListenAddresses } from './media/listen-addresses.ts';
import { createMediasoupRelay } from './media/mediasoup-relay.ts';
import { createNameTable } from './names.ts';
import { type BoxName, boxParty, PartyBook, type ScscfName, type SipBoxName } from './party-book.ts';
import { ScscfBox } from './scscf-box.ts';
import { NodeSipTransport } from './sip/node-sip-transport.ts';
import { openSubscriberStore } from './store/subscriber-store.ts';
import { systemClock } from './system-clock.ts';
import { systemRandom } from './system-random.ts';

/** How long the CSCFs may take to open their Diameter connection to the HSS before the page is offered. */
const DIAMETER_READY_MS = 3_000;
/** How often the heads of the ladder may change, milliseconds. */
const STATE_INTERVAL_MS = 100;
const TOKEN_OCTETS = 16;

export interface Lab {
  /** Opens every socket; rejects with an error whose message names the setting to change. */
  start(): Promise<{ readonly url: string }>;
  /** The first one, and the second when it is configured: each can be stopped and started again. */
  readonly scscfs: readonly ScscfBox[];
  /** Closes in the order of docs/closing.md. */
  close(): Promise<void>;
}

/** The whole network in one process: each box on its own sockets, and the page that shows them. */
export async function createLab(config: LabConfig, log: Logger): Promise<Lab> {
  const clock = systemClock;
  const random = systemRandom;
  const newToken = () => hex(random.bytes(TOKEN_OCTETS));
  const { domain } = config;
  mkdirSync(config.dataDir, { recursive: true });
  const store = await openSubscriberStore({ file: path.join(config.dataDir, 'imslab.sqlite'), domain });
  const labels = createLabels(await store.list());
  const trace = new TraceHistory(config.trace.historyEvents);

  // Names and addresses of the boxes.
  const nameOf = (box: BoxName) => `${box}.${domain}`;
  const { secondScscf, ...boxes } = config;
  const addressOf = (box: BoxName) => (box === 'scscf2' ? secondScscf : boxes[box]);
  const scscfNames: readonly ScscfName[] = secondScscf.enabled ? ['scscf', 'scscf2'] : ['scscf'];
  const sipNames = ['pcscf', 'icscf', 'as', ...scscfNames] as const;
  const resolver = createNameTable([
    ...sipNames.map((box) => ({ name: nameOf(box), ...addressOf(box) })),
    { name: domain, ...config.icscf },
  ]);
  const book = new PartyBook();
  for (const box of sipNames) book.listens(box, addressOf(box).host, addressOf(box).port);
  const sipTransport = (box: SipBoxName) => {
    const { host, port } = addressOf(box);
    const listen: SipHop[] = [
      { transport: 'UDP', host, port },
      { transport: 'TCP', host, port },
    ];
    return new NodeSipTransport({ box: boxParty(box).label, listen });
  };

  // HSS, and the Diameter peers that ask it.
  const hss = createHss({
    store,
    random,
    serverCapabilities: {
      mandatory: config.hss.mandatoryCapabilities,
      optional: config.hss.optionalCapabilities,
      serverNames: [],
    },
    ...(config.authentication.avoidZeroOctetInRes ? { acceptVector: ({ xres }) => !xres.includes(0) } : {}),
  });
  const cxServer = createCxServer({
    host: config.hss.host,
    port: config.hss.port,
    originHost: nameOf('hss'),
    originRealm: domain,
    handlers: hss,
    trace,
    clock,
    random,
    partyOf: (originHost) => labels.diameterPeer(originHost),
    showSecrets: config.trace.showSecrets,
    log,
  });
  const cxClient = (box: 'icscf' | ScscfName) =>
    createCxClient({
      ...config.cx,
      originHost: nameOf(box),
      originRealm: domain,
      destinationRealm: domain,
      party: boxParty(box),
      hssParty: boxParty('hss'),
      partyOf: labels.diameterPeer,
      trace,
      clock,
      random,
      showSecrets: config.trace.showSecrets,
      log,
    });
  const icscfCx = cxClient('icscf');

  const media = createMediasoupRelay({
    config: {
      webrtcPort: config.media.port,
      listenAddresses: mediaListenAddresses(config.media.address),
      coreAddress: config.media.coreAddress,
      corePortMin: config.media.corePortMin,
      corePortMax: config.media.corePortMax,
      workers: config.media.workers,
    },
    trace,
    clock,
    log,
    partyOf: (address, port) => plainRtpParty(config.as, address, port),
  });

  // The CSCFs.
  const trustedSources = [...new Set(sipNames.map((box) => addressOf(box).host))];
  const scscfUri = (box: ScscfName) => `sip:${nameOf(box)}:${addressOf(box).port}`;
  const asUri = `sip:${nameOf('as')}:${config.as.port}`;
  const icscfUri = `sip:${nameOf('icscf')}:${config.icscf.port}`;
  const common = { clock, random, resolver, trace, log, partyOf: book.partyOf };
  const pcscfTransport = sipTransport('pcscf');
  const pcscf = createPcscf({
    ...common,
    config: {
      domain,
      host: nameOf('pcscf'),
      port: config.pcscf.port,
      webSocketPort: config.http.port,
      trustedSources,
      session: config.session,
    },
    transport: book.watch('pcscf', pcscfTransport),
    media,
    nameOf: labels.ue,
  });
  const icscf = createIcscf({
    ...common,
    config: {
      domain,
      uri: icscfUri,
      trustedSources,
      scscfs: scscfNames.map((box) => ({
        uri: scscfUri(box),
        capabilities: (box === 'scscf2' ? secondScscf : config.scscf).capabilities,
      })),
    },
    transport: book.watch('icscf', sipTransport('icscf')),
    cx: icscfCx,
  });
  const scscfs = scscfNames.map(
    (box) =>
      new ScscfBox({
        ...common,
        name: box,
        config: {
          party: boxParty(box),
          domain,
          uri: scscfUri(box),
          icscfUri,
          trustedSources,
          visitedNetworks: [domain],
          akaAlgorithms: config.authentication.akaAlgorithms,
          ...config.registration,
        },
        newTransport: () => book.watch(box, sipTransport(box)),
        newCx: () => cxClient(box),
        nameOf: labels.ue,
      }),
  );
  const as = createApplicationServer(
    {
      ...common,
      config: { domain, uri: asUri, trustedSources },
      transport: book.watch('as', sipTransport('as')),
      settings: store.services,
    },
    config.as,
  );

  // The page's side.
  const state = (): LabState => {
    const registrations = pcscf.registrations();
    const { transports } = media.totals();
    return {
      registeredUsers: registrations.length,
      calls: pcscf.calls().length,
      diameterPeers: cxServer.peers().filter((peer) => peer.state === 'Okay').length,
      mediaTransports: transports,
      relay: media.running() ? 'up' : 'down',
      scscfs: scscfs.map((scscf) => ({
        key: columnKey(boxParty(scscf.name)),
        running: scscf.running,
        users: scscf.users(),
      })),
      registered: registrations.map(({ ue }) => ({ imsi: ue.id, name: ue.label })),
    };
  };
  const pcscfRoute = `sip:${nameOf('pcscf')}:${config.http.port};transport=ws;lr`;
  const leases = new SimLeases({ store, clock, newToken, domain, pcscf: pcscfRoute });
  const feed = new TraceFeed({ history: trace, leases, newEpoch: newToken, state });
  const http = createHttpServer({
    host: config.http.host,
    port: config.http.port,
    webRoot: fileURLToPath(new URL('../../web/dist', import.meta.url)),
    store,
    leases,
    history: trace,
    feed,
    state,
    media: () => media.totals(),
    serviceCalls: () => as.calls(),
    administration: hss.administration(cxServer),
    services: store.services,
    asUri,
    domain,
    onAdded: labels.learn,
    registrations: () => scscfs.flatMap((scscf) => scscf.registrations()),
    calls: () => pcscf.calls(),
    releaseCall: (callId) => pcscf.release(callId),
    acceptSip: (ws, request) =>
      void pcscfTransport.acceptWebSocket(ws, {
        local: { host: request.socket.localAddress ?? '', port: request.socket.localPort ?? 0 },
        remote: { host: request.socket.remoteAddress ?? '', port: request.socket.remotePort ?? 0 },
        secure: false,
      }),
  });

  let stateTimer: NodeJS.Timeout | undefined;
  const stateChanged = () => {
    stateTimer ??= setTimeout(() => {
      stateTimer = undefined;
      feed.sendState();
    }, STATE_INTERVAL_MS);
  };
  for (const source of [pcscf, ...scscfs, media, cxServer]) source.onChange(stateChanged);

  const close = async () => {
    clearTimeout(stateTimer);
    leases.close();
    feed.close();
    await http.close();
    await Promise.allSettled([pcscf.close(), icscf.close(), as.close(), ...scscfs.map((scscf) => scscf.stop())]);
    await media.close();
    await icscfCx.close();
    await cxServer.close();
    await store.close();
  };

  /** Names the setting to change when the box's port is taken. */
  const opening = async (box: BoxName, open: () => Promise<void>) => {
    try {
      await open();
    } catch (error) {
      const setting = box === 'scscf2' ? 'secondScscf' : box;
      throw PortInUseError.from(error, `the ${boxParty(box).label}`, setting, addressOf(box)) ?? error;
    }
  };

  return {
    scscfs,
    async start() {
      try {
        await readdressServices(store, asUri);
        await opening('hss', () => cxServer.start());
        icscfCx.start();
        await media.start();
        await opening('pcscf', () => pcscf.start());
        await opening('icscf', () => icscf.start());
        await opening('as', () => as.start());
        for (const scscf of scscfs) await opening(scscf.name, () => scscf.start());
        const { port } = await http.start();
        const ready = await Promise.all([icscfCx, ...scscfs].map((peer) => peer.ready(DIAMETER_READY_MS)));
        if (ready.includes(false)) log.warn({}, 'a CSCF has no Diameter connection to the HSS yet');
        const shown = config.http.host === '127.0.0.1' ? 'localhost' : config.http.host;
        return { url: `http://${shown}:${port}` };
      } catch (error) {
        await close();
        throw error;
      }
    },
    close,
  };
}
