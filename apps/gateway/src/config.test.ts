import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.ts';

describe('readConfig', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'imslab-config-'));
    file = path.join(folder, 'imslab.json');
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('gives the addresses of the contract when nothing is set', () => {
    const config = readConfig({});
    const { http, pcscf, icscf, scscf, secondScscf, hss } = config;
    expect([http, pcscf, icscf, scscf, secondScscf, hss].map(({ host, port }) => `${host}:${port}`)).toEqual(
      [8080, 5060, 4060, 6060, 6061, 3868].map((port) => `127.0.0.1:${port}`),
    );
    expect([scscf.capabilities, secondScscf.enabled, hss.mandatoryCapabilities]).toEqual([[], false, []]);
    expect(config.authentication.akaAlgorithms).toEqual(['AKAv1-MD5', 'AKAv2-MD5', 'AKAv2-SHA-256']);
    expect(config.media).toMatchObject({ port: 30_000, corePortMin: 30_100, corePortMax: 30_999 });
    expect(config.registration).toEqual({ minExpiresS: 60, maxExpiresS: 3_600 });
    expect(config.session).toEqual({ sessionExpiresS: 1_800, minSeS: 90 });
    expect(config.trace.showSecrets).toBe(false);
  });

  it('takes the file, and the environment above it', () => {
    writeFileSync(file, JSON.stringify({ http: { port: 9000 }, pcscf: { port: 9001 }, domain: 'ims.example' }));
    const config = readConfig({ IMSLAB_CONFIG: file, IMSLAB_HTTP_PORT: '9002', IMSLAB_TRACE_SHOW_SECRETS: 'true' });
    expect(config.http).toEqual({ host: '127.0.0.1', port: 9002 });
    expect(config.pcscf.port).toBe(9001);
    expect(config.domain).toBe('ims.example');
    expect(config.trace.showSecrets).toBe(true);
  });

  it('lets the CSCFs find the HSS where it listens, unless Cx has an address of its own', () => {
    expect(readConfig({ IMSLAB_HSS_PORT: '3000' }).cx).toEqual({ host: '127.0.0.1', port: 3000 });
    expect(readConfig({ IMSLAB_CX_HOST: '127.0.0.9' }).cx).toEqual({ host: '127.0.0.9', port: 3868 });
    expect(readConfig({ IMSLAB_CX_PORT: '3001' }).cx).toEqual({ host: '127.0.0.1', port: 3001 });
  });

  it('takes a second S-CSCF and what each is able to do, from the file or as lists from the environment', () => {
    writeFileSync(file, JSON.stringify({ secondScscf: { enabled: true, capabilities: [7, 8] } }));
    const config = readConfig({
      IMSLAB_CONFIG: file,
      IMSLAB_SCSCF_CAPABILITIES: '1, 2',
      IMSLAB_SECOND_SCSCF_PORT: '7000',
      IMSLAB_HSS_MANDATORY_CAPABILITIES: '7',
      IMSLAB_AUTHENTICATION_AKA_ALGORITHMS: 'AKAv2-SHA-256',
    });
    expect(config.secondScscf).toEqual({ enabled: true, host: '127.0.0.1', port: 7000, capabilities: [7, 8] });
    expect(config.scscf.capabilities).toEqual([1, 2]);
    expect(config.hss).toMatchObject({ mandatoryCapabilities: [7], optionalCapabilities: [] });
    expect(config.authentication.akaAlgorithms).toEqual(['AKAv2-SHA-256']);
  });

  it('makes the data folder an absolute path', () => {
    expect(path.isAbsolute(readConfig({ IMSLAB_DATA_DIR: 'somewhere' }).dataDir)).toBe(true);
  });

  it.each([
    ['a port that is no number', { IMSLAB_HTTP_PORT: 'http' }, /http\.port \(IMSLAB_HTTP_PORT\)/],
    ['an empty port', { IMSLAB_HTTP_PORT: '' }, /http\.port/],
    [
      'a port out of range',
      { IMSLAB_MEDIA_CORE_PORT_MIN: '70000' },
      /media\.corePortMin \(IMSLAB_MEDIA_CORE_PORT_MIN\)/,
    ],
    ['a capability that is no number', { IMSLAB_SCSCF_CAPABILITIES: '1,voice' }, /scscf\.capabilities\.1/],
    ['an AKA version that does not exist', { IMSLAB_AUTHENTICATION_AKA_ALGORITHMS: 'AKAv3' }, /akaAlgorithms\.0/],
    ['no AKA version', { IMSLAB_AUTHENTICATION_AKA_ALGORITHMS: '' }, /akaAlgorithms/],
    [
      'a session interval below the shortest one',
      { IMSLAB_SESSION_SESSION_EXPIRES_S: '60' },
      /session\.sessionExpiresS \(IMSLAB_SESSION_SESSION_EXPIRES_S\): must not be below session\.minSeS/,
    ],
    ['a file that is not there', { IMSLAB_CONFIG: '/nowhere/imslab.json' }, /cannot be read/],
  ])('names %s', (_what, env, words) => {
    expect(() => readConfig(env)).toThrow(ConfigError);
    expect(() => readConfig(env)).toThrow(words);
  });

  it('refuses a setting that does not exist, and a file that is no object', () => {
    writeFileSync(file, JSON.stringify({ htp: { port: 1 } }));
    expect(() => readConfig({ IMSLAB_CONFIG: file })).toThrow(/htp/);
    writeFileSync(file, '[]');
    expect(() => readConfig({ IMSLAB_CONFIG: file })).toThrow(/JSON object/);
    writeFileSync(file, '{');
    expect(() => readConfig({ IMSLAB_CONFIG: file })).toThrow(/cannot be read/);
  });
});
