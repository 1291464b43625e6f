import { describe, expect, it } from 'vitest';
import { isOwnRequest, ownHosts } from './origin.ts';

const hosts = ownHosts('127.0.0.5', 8080);

describe('isOwnRequest', () => {
  it.each([
    ['the page itself', { host: 'localhost:8080', origin: 'http://localhost:8080' }, true],
    ['a script without Origin', { host: '127.0.0.1:8080' }, true],
    ['the configured address', { host: '127.0.0.5:8080', origin: 'http://127.0.0.5:8080' }, true],
    ['IPv6 loopback', { host: '[::1]:8080', origin: 'http://[::1]:8080' }, true],
    ['no Host', {}, false],
    ['a name that was rebound to us', { host: 'evil.example:8080' }, false],
    ['a foreign page', { host: 'localhost:8080', origin: 'http://evil.example' }, false],
    ['another port of this machine', { host: 'localhost:8080', origin: 'http://localhost:3000' }, false],
    ['a file', { host: 'localhost:8080', origin: 'null' }, false],
    ['a Host with our name in it', { host: 'localhost.evil.example:8080' }, false],
  ])('%s', (_what, headers, own) => {
    expect(isOwnRequest(headers, hosts)).toBe(own);
  });
});
