import { describe, expect, it } from 'vitest';
import { createNameTable } from './names.ts';

const table = createNameTable([{ name: 'scscf.lab', host: '127.0.0.1', port: 6060 }]);

describe('the name table', () => {
  it.each([
    ['a name: TCP', { host: 'SCSCF.lab' }, ['TCP 127.0.0.1:6060']],
    ['a name with a port', { host: 'scscf.lab', port: 7000 }, ['TCP 127.0.0.1:7000']],
    ['a name with a transport', { host: 'scscf.lab', transport: 'UDP' }, ['UDP 127.0.0.1:6060']],
    ['an address: UDP and 5060', { host: '127.0.0.9' }, ['UDP 127.0.0.9:5060']],
    ['an address with both', { host: '127.0.0.9', port: 5099, transport: 'TCP' }, ['TCP 127.0.0.9:5099']],
    ['an IPv6 address in brackets', { host: '[::1]', port: 5060 }, ['UDP ::1:5060']],
    ['a name of elsewhere', { host: 'elsewhere.example' }, []],
    ['the host of a browser', { host: 'abc123.invalid' }, []],
  ] as const)('resolves %s', (_what, target, hops) => {
    expect(table.resolve(target).map((hop) => `${hop.transport} ${hop.host}:${hop.port}`)).toEqual(hops);
  });
});
