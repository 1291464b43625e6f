/** Tw: a peer that was silent for so long is asked whether it is there. @see RFC 3539 §3.4.1 */
export const WATCHDOG_MS = 30_000;
/** Tw is spread by this much to both sides, so that peers do not fall into step. */
export const WATCHDOG_JITTER_MS = 2_000;
/** DWAs that a connection reopened after a watchdog failure must bring before it carries requests. @see RFC 3539 §3.4.1 */
export const REOPEN_WATCHDOGS = 3;
/** Tc: longest wait between two attempts to connect. @see RFC 6733 §2.1 */
export const RECONNECT_MS = 30_000;
/** First wait; each further one is twice as long, up to Tc. */
export const FIRST_RECONNECT_MS = 1_000;
/** How long a peer may take to accept a connection, and then to answer CER or DPR. */
export const PEER_ANSWER_MS = 5_000;
/** How long `close` waits for DPA. */
export const GOODBYE_MS = 1_000;
/** How long a Cx request waits for its answer. */
export const REQUEST_TIMEOUT_MS = 5_000;
/** Requests that may wait for answers on one connection. */
export const MAX_PENDING_REQUESTS = 1_024;
/** Requests of one peer that may be in the handlers at once; the next one is answered with 3004. */
export const MAX_REQUESTS_IN_WORK = 1_024;
/** Octets that may wait in a socket before no more is written (client) or read (server). */
export const MAX_WRITE_QUEUE_OCTETS = 1_048_576;
/** Connections that the server keeps. */
export const MAX_PEERS = 64;
/** S-CSCF names whose Diameter node the HSS remembers. */
export const MAX_SERVING_NODES = 256;
/** Most answers kept for duplicates; the last half of them always is. */
export const MAX_KEPT_ANSWERS = 1_024;
/** How long an end-to-end identifier stays unique, and an answer is kept for a duplicate. @see RFC 6733 §3 */
export const DUPLICATE_WINDOW_MS = 240_000;
