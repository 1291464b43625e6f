import type { SimCard } from '@imslab/ims-core/api/lab-api';
import type { AkaAlgorithm } from '@imslab/ims-core/protocols/auth/digest';
import { UA } from 'jssip';
import type { StoreApi } from 'zustand/vanilla';
import { AkaSocket, type RegistrationGrant, type SipWebSocket } from './aka-socket.ts';
import { insertCard } from './card.ts';
import type { PhoneState } from './phone-state.ts';
import {
  instanceIdOf,
  REGISTER_EXPIRES_S,
  readRetryAfterS,
  refreshAfterS,
  retryAfterFailureS,
} from './register-rules.ts';
import { createRegistrationWatch, type NetworkDecision } from './registration-watch.ts';
import { networkEndTrouble, registrationTrouble } from './words.ts';

const MMTEL_ICSI = '"urn%3Aurn-7%3A3gpp-service.ims.icsi.mmtel"';

/** JsSIP answers a challenge only when it has a password; what it makes of this one never reaches the wire. */
const UNUSED_PASSWORD = 'unused';

/** Deviation: RFC 5626 §4.5 waits 30 s and more before a flow is opened again; a lab on the same machine is awaited closely. */
const RECONNECT_MIN_S = 1;
const RECONNECT_MAX_S = 2;

export interface RegistrationOptions {
  readonly sim: SimCard;
  /** SIP URI of the P-CSCF, as the claim gave it. */
  readonly pcscf: string;
  /** `ws:` or `wss:` URL of the P-CSCF. */
  readonly sipUrl: string;
  /** AKA version that the first REGISTER announces; the network chooses the one of the challenge. */
  readonly algorithm: AkaAlgorithm;
  readonly store: StoreApi<PhoneState>;
  /** The person's wish changed: after a reload the phone registers by itself, or it does not. */
  readonly onWish: (registered: boolean) => void;
  readonly openSocket?: (url: string, protocol: string) => SipWebSocket;
}

export interface RegistrationControl {
  readonly ua: UA;
  register(): void;
  deregister(): void;
  /** De-registers, if registered, and closes the socket. */
  close(): void;
}

/** The UE's registration procedure: one JsSIP user agent that keeps its SIM registered. @see TS 24.229 5.1.1 */
export function createRegistration(options: RegistrationOptions): RegistrationControl {
  const { sim, store } = options;
  const instanceId = instanceIdOf(sim.imsi);
  const socket = new AkaSocket({
    url: options.sipUrl,
    card: insertCard(sim),
    instanceId,
    cnonce: () => crypto.randomUUID().replaceAll('-', ''),
    onGrant: granted,
    // An initial registration; the call that told of it is over.
    onRestoration: () => {
      if (wanted) ua.register();
    },
    onChallenge: (kind, algorithm) => {
      macFailure = kind === 'mac-failure';
      challengedWith = algorithm;
    },
    take: (text) => watch.take(text),
    ...(options.openSocket && { open: options.openSocket }),
  });
  const watch = createRegistrationWatch({
    pcscf: options.pcscf,
    send: (text) => socket.send(text),
    transport: () => socket.via_transport,
    decided: (decision) => networkDecided(decision),
  });
  const identity = sim.impus[0] ?? `sip:${sim.imsi}@${sim.domain}`;
  const ua = new UA({
    sockets: [socket],
    uri: identity,
    display_name: sim.name,
    authorization_user: sim.impi,
    password: UNUSED_PASSWORD,
    realm: sim.domain,
    registrar_server: `sip:${sim.domain}`,
    register: true,
    register_expires: REGISTER_EXPIRES_S,
    instance_id: instanceId,
    user_agent: 'imslab',
    connection_recovery_min_interval: RECONNECT_MIN_S,
    connection_recovery_max_interval: RECONNECT_MAX_S,
  });
  const registrator = ua.registrator();
  registrator.setExtraHeaders([
    `Authorization: Digest username="${sim.impi}", realm="${sim.domain}", uri="sip:${sim.domain}", nonce="", response="", algorithm=${options.algorithm}`,
  ]);
  registrator.setExtraContactParams({ '+g.3gpp.icsi-ref': MMTEL_ICSI, audio: '' });

  let wanted = false;
  let started = false;
  let macFailure = false;
  let challengedWith: string = options.algorithm;
  let failures = 0;
  let refreshTimer: ReturnType<typeof setTimeout> | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;

  function stopTimers(): void {
    clearTimeout(refreshTimer);
    clearTimeout(retryTimer);
  }

  function wish(registered: boolean): void {
    wanted = registered;
    options.onWish(registered);
  }

  /** A 200 to REGISTER came: a registration, a refresh or a de-registration. */
  function granted(grant: RegistrationGrant): void {
    stopTimers();
    if (!wanted || grant.expiresS === 0) return;
    failures = 0;
    const refreshInS = refreshAfterS(grant.expiresS);
    refreshTimer = setTimeout(() => ua.register(), refreshInS * 1000);
    store.setState({
      registration: 'registered',
      registrationTrouble: null,
      registered: {
        defaultIdentity: grant.associatedUris[0] ?? identity,
        serviceRoutes: grant.serviceRoutes,
        algorithm: challengedWith,
        expiresS: grant.expiresS,
        refreshAt: Date.now() + refreshInS * 1000,
      },
    });
    const [defaultIdentity = identity] = grant.associatedUris;
    watch.registered({ identity: defaultIdentity, contact: grant.contact, serviceRoutes: grant.serviceRoutes });
  }

  /** The network changed or ended the registration without being asked. @see TS 24.229 5.1.1.5A, 5.1.1.7 */
  function networkDecided(decision: NetworkDecision): void {
    const { registered } = store.getState();
    if (!wanted || registered === null) return;
    stopTimers();
    switch (decision.kind) {
      case 'shortened': {
        const refreshInS = decision.expiresS / 2;
        refreshTimer = setTimeout(() => ua.register(), refreshInS * 1000);
        const refreshAt = Date.now() + refreshInS * 1000;
        store.setState({ registered: { ...registered, expiresS: decision.expiresS, refreshAt } });
        return;
      }
      case 'deactivated':
        store.setState({ registration: 'registering', registered: null });
        ua.register();
        return;
      case 'probation':
        store.setState({
          registration: 'registering',
          registered: null,
          registrationTrouble: networkEndTrouble(decision.retryAfterS),
        });
        retryTimer = setTimeout(() => ua.register(), decision.retryAfterS * 1000);
        return;
      case 'rejected':
        wish(false);
        forgetRegistration(ua);
        store.setState({
          registration: 'not-registered',
          registered: null,
          registrationTrouble: networkEndTrouble(null),
        });
    }
  }

  // JsSIP's own refresh timer does not follow 24.229: with a listener it leaves refreshing to us.
  ua.on('registrationExpiring', () => {});

  ua.on('connected', () => {
    store.setState({ connected: true });
  });

  ua.on('disconnected', () => {
    stopTimers();
    watch.forget();
    store.setState({ connected: false, registration: wanted ? 'registering' : 'not-registered', registered: null });
    if (wanted) store.setState({ registrationTrouble: connectionTrouble });
  });

  // De-registered while the REGISTER was on its way.
  ua.on('registered', () => {
    if (!wanted) ua.unregister();
  });

  ua.on('unregistered', () => {
    if (!wanted) store.setState({ registration: 'not-registered', registered: null });
  });

  ua.on('registrationFailed', ({ response, cause }) => {
    // The socket broke: JsSIP opens it again and registers.
    if (!ua.isConnected()) return;
    clearTimeout(refreshTimer);
    failures += 1;
    const answer = {
      status: response?.status_code ?? 0,
      reason: response?.reason_phrase ?? '',
      cause: cause ?? '',
      retryAfterS: readRetryAfterS(response?.getHeader('Retry-After')),
    };
    const retryInS = wanted ? retryAfterFailureS(answer.status, failures, answer.retryAfterS) : null;
    store.setState({
      registration: retryInS === null ? 'not-registered' : 'registering',
      registered: null,
      registrationTrouble: registrationTrouble(answer, macFailure, retryInS),
    });
    if (retryInS === null) {
      wish(false);
      // Also tells JsSIP not to register again at its next connection.
      ua.unregister();
      return;
    }
    retryTimer = setTimeout(() => {
      if (wanted && ua.isConnected()) ua.register();
    }, retryInS * 1000);
  });

  return {
    ua,
    register() {
      clearTimeout(retryTimer);
      failures = 0;
      wish(true);
      store.setState({ registration: 'registering', registrationTrouble: null, ended: null });
      if (!started) {
        started = true;
        ua.start();
      } else ua.register();
    },
    deregister() {
      stopTimers();
      wish(false);
      const registered = ua.isRegistered();
      ua.unregister();
      store.setState({ registration: registered ? 'deregistering' : 'not-registered', registrationTrouble: null });
    },
    close() {
      stopTimers();
      watch.forget();
      wanted = false;
      ua.stop();
      store.setState({ connected: false, registration: 'not-registered', registered: null });
    },
  };
}

/** JsSIP believes in its registration until it hears otherwise; a REGISTER with expires=0 would ask the network for what is done already. */
function forgetRegistration(ua: UA): void {
  const registrator: object = ua.registrator();
  if ('onTransportClosed' in registrator && typeof registrator.onTransportClosed === 'function') {
    registrator.onTransportClosed();
  }
  // Also tells JsSIP not to register again at its next connection.
  ua.unregister();
}

const connectionTrouble = registrationTrouble(
  { status: 0, reason: '', cause: 'Connection Error', retryAfterS: null },
  false,
  null,
);
