import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { akaAlgorithms } from '@imslab/ims-core/protocols/auth/digest';
import { z } from 'zod';

const port = z.number().int().min(0).max(65_535);
const hostAndPort = (defaultPort: number) => ({
  host: z.string().default('127.0.0.1'),
  port: port.default(defaultPort),
});
const address = (defaultPort: number) => z.object(hostAndPort(defaultPort)).prefault({});
/** Numbers with a meaning for this operator alone. @see TS 29.228 §6.7 */
const capabilities = z.array(z.number().int().min(0).max(4_294_967_295)).default([]);

/**
 * Everything that can be set, with the lab's defaults. The file is `imslab.json`; each value can also come from the environment as
 * `IMSLAB_` and its path in upper case: `http.port` is `IMSLAB_HTTP_PORT`, `dataDir` is `IMSLAB_DATA_DIR`.
 */
const configSchema = z
  .object({
    domain: z.string().min(1).default('ims.mnc001.mcc001.3gppnetwork.org'),
    dataDir: z.string().default('./data'),
    http: address(8080),
    pcscf: address(5060),
    icscf: address(4060),
    scscf: z.object({ ...hostAndPort(6060), capabilities }).prefault({}),
    /** Another S-CSCF, for the I-CSCF to choose from. */
    secondScscf: z.object({ enabled: z.boolean().default(false), ...hostAndPort(6061), capabilities }).prefault({}),
    hss: z
      .object({
        ...hostAndPort(3868),
        /** What an S-CSCF must have, and what it better had, to serve a user. */
        mandatoryCapabilities: capabilities,
        optionalCapabilities: capabilities,
      })
      .prefault({}),
    /** The application server, and the ports of its media. */
    as: z
      .object({
        ...hostAndPort(5080),
        mediaPortMin: port.default(31_000),
        mediaPortMax: port.default(31_999),
      })
      .prefault({}),
    /** Where the CSCFs find the HSS, or the Diameter agent before it. Empty and 0: at the lab's own `hss`. */
    cx: z.object({ host: z.string().default(''), port: port.default(0) }).prefault({}),
    media: z
      .object({
        port: port.default(30_000),
        /** A second address to listen on, since Firefox never uses loopback for media. Empty: the machine's first other IPv4 address; `127.0.0.1`: loopback only. */
        address: z.string().default(''),
        /** Where the relay speaks plain RTP with peers in the core, on the ports of `corePortMin` to `corePortMax`. */
        coreAddress: z.string().default('127.0.0.1'),
        corePortMin: port.default(30_100),
        corePortMax: port.default(30_999),
        workers: z.number().int().min(1).max(64).default(1),
      })
      .prefault({}),
    authentication: z
      .object({
        /** Takes another RAND when RES would hold an octet 00: Debian's SIPp 3.6.1 answers those wrong. */
        avoidZeroOctetInRes: z.boolean().default(false),
        /** What a UE may announce; the first is for one that announces none of them. */
        akaAlgorithms: z.tuple([z.enum(akaAlgorithms)], z.enum(akaAlgorithms)).default([...akaAlgorithms]),
      })
      .prefault({}),
    registration: z
      .object({
        minExpiresS: z.number().int().min(1).default(60),
        maxExpiresS: z.number().int().min(60).default(3_600),
      })
      .prefault({}),
    session: z
      .object({
        /** Longest time between two refreshes of a call whose ends know session timers (RFC 4028), seconds. */
        sessionExpiresS: z.number().int().min(1).max(86_400).default(1_800),
        /** Shortest interval that is let through, seconds; RFC 4028 allows none below 90. */
        minSeS: z.number().int().min(1).max(3_600).default(90),
      })
      .refine(({ sessionExpiresS, minSeS }) => sessionExpiresS >= minSeS, {
        path: ['sessionExpiresS'],
        message: 'must not be below session.minSeS',
      })
      .prefault({}),
    trace: z
      .object({
        historyEvents: z.number().int().min(100).max(1_000_000).default(20_000),
        /** Shows XRES, CK and IK in the ladder. */
        showSecrets: z.boolean().default(false),
      })
      .prefault({}),
    log: z
      .object({ level: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info') })
      .prefault({}),
  })
  .strict();

export type LabConfig = z.infer<typeof configSchema>;

/** The configuration cannot be used; the message says which setting and why. */
export class ConfigError extends Error {
  readonly code = 'CONFIG_INVALID';
}

type Tree = { [name: string]: unknown };

/** `secondScscf.port` is `IMSLAB_SECOND_SCSCF_PORT`. */
export function environmentName(path: readonly string[]): string {
  return `IMSLAB_${path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_')}`;
}

/** Numbers and booleans come as text from the environment, lists with commas. */
function environmentValue(text: string, example: unknown): unknown {
  if (Array.isArray(example)) {
    const values = text.split(',').map((value) => value.trim());
    return values.filter((value) => value !== '').map((value) => (/^\d+$/.test(value) ? Number(value) : value));
  }
  if (typeof example === 'number') return text.trim() === '' ? text : Number(text);
  if (typeof example === 'boolean') return text === '1' || text.toLowerCase() === 'true';
  return text;
}

function withEnvironment(defaults: Tree, given: Tree, env: NodeJS.ProcessEnv, path: readonly string[] = []): Tree {
  const result: Tree = { ...given };
  for (const [name, example] of Object.entries(defaults)) {
    const here = [...path, name];
    if (typeof example === 'object' && example !== null && !Array.isArray(example)) {
      const inner = typeof given[name] === 'object' && given[name] !== null ? { ...given[name] } : {};
      result[name] = withEnvironment({ ...example }, inner, env, here);
    } else {
      const text = env[environmentName(here)];
      if (text !== undefined) result[name] = environmentValue(text, example);
    }
  }
  return result;
}

/**
 * The configuration from defaults, file and environment, the later winning.
 * @throws ConfigError with the setting's name when a value does not fit
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): LabConfig {
  const file = env['IMSLAB_CONFIG'] ?? 'imslab.json';
  let given: unknown = {};
  try {
    given = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing || env['IMSLAB_CONFIG'] !== undefined)
      throw new ConfigError(`${file} cannot be read: ${String(error)}`);
  }
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw new ConfigError(`${file} must hold a JSON object`);
  const parsed = configSchema.safeParse(withEnvironment(configSchema.parse({}), { ...given }, env));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const path = (issue?.path ?? []).map(String);
    throw new ConfigError(`${path.join('.')} (${environmentName(path)}): ${issue?.message ?? 'not usable'}`);
  }
  const { cx, hss } = parsed.data;
  return {
    ...parsed.data,
    cx: { host: cx.host || hss.host, port: cx.port || hss.port },
    dataDir: resolve(parsed.data.dataDir),
  };
}
