import { existsSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Duplex, Readable } from 'node:stream';
import fastifyStatic from '@fastify/static';
import type { CallView, LabState, SimClaimRequest } from '@imslab/ims-core/api/lab-api';
import type { MediaTotals } from '@imslab/ims-core/ports/media-relay';
import type { TraceHistory } from '@imslab/ims-core/trace/history';
import Fastify, { type FastifyInstance } from 'fastify';
import { type WebSocket, WebSocketServer } from 'ws';
import { z } from 'zod';
import { PortInUseError } from '../listen.ts';
import type { TraceFeed } from './feed.ts';
import { historyJson } from './history-json.ts';
import { isOwnRequest, ownHosts } from './origin.ts';
import { sendProblem } from './problem.ts';
import { type RegistrationsDeps, registrationRoutes } from './registrations.ts';
import { type ServicesDeps, serviceRoutes } from './services.ts';
import type { SimLeases } from './sim-leases.ts';
import { type SubscribersDeps, subscriberRoutes } from './subscribers.ts';

/** Largest body that the API reads, octets. */
const MAX_BODY_OCTETS = 64 * 1_024;
/** Longest identity or Call-ID in a path; Fastify's own limit is 100. */
const MAX_PARAM_LENGTH = 1_024;
/** Largest SIP message over WebSocket, octets (the SIP limit; a larger one closes the socket with 1009). */
const MAX_SIP_FRAME_OCTETS = 65_536;
/** The feed takes no messages from the page. */
const MAX_FEED_FRAME_OCTETS = 1_024;

export interface HttpServerDeps extends SubscribersDeps, RegistrationsDeps, ServicesDeps {
  readonly host: string;
  readonly port: number;
  /** Folder of the built page. */
  readonly webRoot: string;
  readonly leases: SimLeases;
  readonly history: TraceHistory;
  readonly feed: TraceFeed;
  readonly state: () => LabState;
  /** What lives in the media relay now. */
  readonly media: () => MediaTotals;
  /** Calls that end at the application server now. */
  readonly serviceCalls: () => number;
  readonly calls: () => readonly CallView[];
  /** Ends a call from the network's side; false when there is none with this Call-ID. */
  readonly releaseCall: (callId: string) => Promise<boolean>;
  /** A browser's SIP socket, already checked: subprotocol `sip`, our Host, our Origin. */
  readonly acceptSip: (socket: WebSocket, request: IncomingMessage) => void;
}

export interface HttpServer {
  /** @throws PortInUseError when the port is taken */
  start(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

const claimSchema = z
  .object({
    ue: z.string().max(200).optional(),
    lease: z.string().max(200).optional(),
    takeOver: z.boolean().optional(),
  })
  .strict();

function claimRequest(body: unknown): SimClaimRequest | undefined {
  const parsed = claimSchema.safeParse(body ?? {});
  if (!parsed.success) return undefined;
  const { ue, lease, takeOver } = parsed.data;
  return {
    ...(ue === undefined ? {} : { ue }),
    ...(lease === undefined ? {} : { lease }),
    ...(takeOver === undefined ? {} : { takeOver }),
  };
}

/** One origin and one port for the page, the API, SIP over WebSocket and the feed. */
export function createHttpServer(deps: HttpServerDeps): HttpServer {
  const app = Fastify({
    bodyLimit: MAX_BODY_OCTETS,
    forceCloseConnections: true,
    logger: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
  });
  let hosts = ownHosts(deps.host, deps.port);

  app.addHook('onRequest', async (request, reply) => {
    if (isOwnRequest(request.headers, hosts)) return;
    return sendProblem(reply, 403, 'ORIGIN_FORBIDDEN', 'This lab answers only its own page, under its own name.');
  });
  app.setErrorHandler((error, _request, reply) => {
    const status =
      error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : 500;
    if (status >= 500) return sendProblem(reply, 500, 'INTERNAL_ERROR', 'The gateway failed to answer this request.');
    return sendProblem(
      reply,
      status,
      'REQUEST_INVALID',
      error instanceof Error ? error.message : 'The request is not valid.',
    );
  });
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 404, 'NOT_FOUND', `There is nothing at ${request.url}.`),
  );

  routes(app, deps);
  if (existsSync(deps.webRoot)) app.register(fastifyStatic, { root: deps.webRoot });

  const sipSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_SIP_FRAME_OCTETS,
    handleProtocols: (offered) => (offered.has('sip') ? 'sip' : false),
  });
  const feedSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FEED_FRAME_OCTETS });

  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    if (!isOwnRequest(request.headers, hosts)) {
      refuseUpgrade(socket, 403, 'Forbidden', 'This lab answers only its own page, under its own name.');
      return;
    }
    const url = new URL(request.url ?? '/', 'http://lab');
    if (url.pathname === '/sip') {
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      if (!offered.includes('sip')) {
        refuseUpgrade(socket, 400, 'Bad Request', 'SIP over WebSocket needs the subprotocol sip (RFC 7118 §4).');
        return;
      }
      sipSockets.handleUpgrade(request, socket, head, (ws) => deps.acceptSip(ws, request));
    } else if (url.pathname === '/api/v1/trace/live') {
      const text = (name: string) => url.searchParams.get(name) ?? '';
      const query = {
        after: Number(text('after')) || 0,
        epoch: text('epoch'),
        lease: text('lease'),
        imsi: text('imsi'),
      };
      feedSockets.handleUpgrade(request, socket, head, (ws) => deps.feed.accept(ws, query));
    } else {
      refuseUpgrade(socket, 404, 'Not Found', 'There is no WebSocket here.');
    }
  });

  return {
    async start() {
      try {
        await app.listen({ host: deps.host, port: deps.port });
      } catch (error) {
        throw PortInUseError.from(error, 'the page and the API', 'http', deps) ?? error;
      }
      const bound = app.server.address();
      const port = typeof bound === 'object' && bound !== null ? bound.port : deps.port;
      hosts = ownHosts(deps.host, port);
      return { port };
    },
    async close() {
      for (const ws of [...sipSockets.clients, ...feedSockets.clients]) ws.terminate();
      sipSockets.close();
      feedSockets.close();
      await app.close();
    },
  };
}

function routes(app: FastifyInstance, deps: HttpServerDeps): void {
  const { leases, history, feed } = deps;

  app.get('/healthz', async () => ({
    status: 'ok',
    state: deps.state(),
    media: deps.media(),
    serviceCalls: deps.serviceCalls(),
  }));

  subscriberRoutes(app, deps);
  registrationRoutes(app, deps);
  serviceRoutes(app, deps);

  app.post('/api/v1/sims/claim', async (request, reply) => {
    const wish = claimRequest(request.body);
    if (wish === undefined)
      return sendProblem(reply, 400, 'CLAIM_INVALID', 'A claim may hold ue, lease and takeOver, nothing else.');
    const result = await leases.claim(wish);
    if (result.ok) return reply.header('cache-control', 'no-store').send(result.claim);
    const extra = result.nextFree === undefined ? {} : { nextFree: result.nextFree };
    return sendProblem(reply, result.code === 'SIM_UNKNOWN' ? 404 : 409, result.code, result.text, extra);
  });

  app.get('/api/v1/calls', async () => deps.calls());
  // 204 when both ends have answered their BYE, or did not in time.
  app.delete<{ Params: { callId: string } }>('/api/v1/calls/:callId', async (request, reply) => {
    const { callId } = request.params;
    if (await deps.releaseCall(callId)) return reply.status(204).send();
    return sendProblem(reply, 404, 'CALL_UNKNOWN', `There is no call ${callId}.`);
  });

  app.get<{ Querystring: { format?: string; after?: string } }>('/api/v1/trace', async (request, reply) => {
    if ((request.query.format ?? 'json') !== 'json') {
      return sendProblem(reply, 400, 'TRACE_FORMAT_UNKNOWN', `There is no format ${request.query.format}; json is.`);
    }
    const after = Number(request.query.after ?? 0) || 0;
    return reply
      .type('application/json; charset=utf-8')
      .send(Readable.from(historyJson(feed.epoch, history, after), { objectMode: false }));
  });
  app.delete('/api/v1/trace', async (_request, reply) => {
    feed.clear();
    return reply.status(204).send();
  });
}

function refuseUpgrade(socket: Duplex, status: number, reason: string, text: string): void {
  const body = `${text}\n`;
  socket.end(
    `HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}
