import { describe, expect, it } from 'vitest';
import { request, response } from './build.ts';
import { MessageEdit, unchanged } from './edit.ts';
import { parseMessage } from './parse.ts';
import { bodyText, topVia } from './read.ts';
import { serializeMessage } from './serialize.ts';

const made = request('INVITE', 'sip:bob@example.com', [
  ['v', 'SIP/2.0/TCP one;branch=z9hG4bK1, SIP/2.0/TCP two;branch=z9hG4bK2'],
  ['From', '<sip:alice@example.com>;tag=aa'],
  ['To', '<sip:bob@example.com>'],
  ['Call-ID', 'call'],
  ['CSeq', '7 INVITE'],
  ['ROUTE', '<sip:one;lr>, <sip:two;lr>'],
  ['Route', '<sip:three;lr>'],
  ['k', 'path, Sec-Agree, gruu'],
  ['Supported', 'sec-agree'],
  ['Subject', 'a, b'],
]);

function reparsed() {
  const result = parseMessage(serializeMessage(made));
  if (!result.ok || result.value.kind !== 'request') {
    throw new Error('the sample is no request');
  }
  return result.value;
}

const message = reparsed();
const why = 'because (RFC 3261 §16)';

function linesOf(edit: MessageEdit<typeof message>): readonly string[] {
  return edit.current.headers.map(({ name, value }) => `${name}: ${value}`);
}

function editing(): MessageEdit<typeof message> {
  return new MessageEdit(message);
}

describe('MessageEdit', () => {
  it('gives the same message, octets and all, when nothing changed', () => {
    const edit = editing().remove('Path', why).removeFirst('Path', why).removeOption('Require', 'x', why);
    edit.requestUri(message.uri, why).set('Call-ID', 'call', why).replaceFirst('Subject', 'a, b', why);
    expect(edit.done()).toEqual({ message, changes: [] });
    expect(edit.done().message).toBe(message);
    expect(unchanged(message)).toEqual({ message, changes: [] });
  });

  it('never touches the message it began with', () => {
    const before = structuredClone(message.headers.map(({ value }) => value));
    const edited = editing()
      .prepend('Via', 'SIP/2.0/TCP zero', why)
      .remove('Route', why)
      .body('x', 'text/plain', why)
      .done();
    expect(message.headers.map(({ value }) => value)).toEqual(before);
    expect(message.body.length).toBe(0);
    expect(edited.message.raw).toBeUndefined();
  });

  it('replaces the Request-URI', () => {
    const { message: after, changes } = editing().requestUri('sip:bob@192.0.2.1', why).done();
    expect(after.uri).toBe('sip:bob@192.0.2.1');
    expect(changes).toEqual([
      { op: 'replace', name: 'Request-URI', before: 'sip:bob@example.com', after: 'sip:bob@192.0.2.1', why },
    ]);
  });

  it('prepends on top of the header’s lines, above all for a Via, else below the Vias', () => {
    const edit = editing()
      .prepend('Via', 'SIP/2.0/WS zero;branch=z9hG4bK0', why)
      .prepend('Route', '<sip:zero;lr>', why)
      .prepend('Path', '<sip:path;lr>', why);
    const lines = linesOf(edit);
    expect(lines.slice(0, 3)).toEqual([
      'Via: SIP/2.0/WS zero;branch=z9hG4bK0',
      'v: SIP/2.0/TCP one;branch=z9hG4bK1, SIP/2.0/TCP two;branch=z9hG4bK2',
      'Path: <sip:path;lr>',
    ]);
    expect(lines.indexOf('Route: <sip:zero;lr>')).toBe(lines.indexOf('ROUTE: <sip:one;lr>, <sip:two;lr>') - 1);
    expect(edit.done().changes[2]).toEqual({ op: 'add', name: 'Path', after: '<sip:path;lr>', why });
  });

  it('appends after the header’s last line or at the end', () => {
    const lines = linesOf(editing().append('route', '<sip:four;lr>', why).append('X-New', '1', why));
    expect(lines.indexOf('route: <sip:four;lr>')).toBe(lines.indexOf('Route: <sip:three;lr>') + 1);
    expect(lines.at(-1)).toBe('X-New: 1');
  });

  it('sets exactly one line at the place of the first', () => {
    const edit = editing().set('Route', '<sip:only;lr>', why);
    expect(linesOf(edit).filter((line) => /^route/i.test(line))).toEqual(['ROUTE: <sip:only;lr>']);
    expect(edit.done().changes).toEqual([
      {
        op: 'replace',
        name: 'Route',
        before: '<sip:one;lr>, <sip:two;lr>, <sip:three;lr>',
        after: '<sip:only;lr>',
        why,
      },
    ]);
  });

  it('removes one value of a comma list, then the line with its last', () => {
    const edit = editing().removeFirst('Route', why);
    expect(linesOf(edit)).toContain('ROUTE: <sip:two;lr>');
    edit.removeFirst('Route', why);
    expect(linesOf(edit).filter((line) => /^route/i.test(line))).toEqual(['Route: <sip:three;lr>']);
    expect(edit.done().changes).toEqual([
      { op: 'remove', name: 'Route', before: '<sip:one;lr>', why },
      { op: 'remove', name: 'Route', before: '<sip:two;lr>', why },
    ]);
  });

  it('replaces one value of a comma list and reads the new one', () => {
    const edit = editing().replaceFirst('Via', 'SIP/2.0/TCP new;branch=z9hG4bK9', why);
    expect(linesOf(edit)).toContain('v: SIP/2.0/TCP new;branch=z9hG4bK9, SIP/2.0/TCP two;branch=z9hG4bK2');
    expect(topVia(edit.current)?.host).toBe('new');
  });

  it('does not take a comma for a list where the header is none', () => {
    expect(editing().removeFirst('Subject', why).done().changes).toEqual([
      { op: 'remove', name: 'Subject', before: 'a, b', why },
    ]);
  });

  it('records every line that is removed', () => {
    const { message: after, changes } = editing().remove('Route', why).done();
    expect(after.headers.some(({ key }) => key === 'route')).toBe(false);
    expect(changes.map(({ before }) => before)).toEqual(['<sip:one;lr>, <sip:two;lr>', '<sip:three;lr>']);
  });

  it('removes an option tag wherever it stands', () => {
    const edit = editing().removeOption('Supported', 'sec-agree', why);
    expect(linesOf(edit).filter((line) => /^(k|supported)/i.test(line))).toEqual(['k: path, gruu']);
    expect(edit.done().changes).toEqual([{ op: 'remove', name: 'Supported', before: 'Sec-Agree', why }]);
  });

  it('changes the body with its type and length', () => {
    const { message: after, changes } = editing().body('grüße', 'text/plain', why).done();
    expect(bodyText(after)).toBe('grüße');
    expect(changes.map(({ op, name, after: value }) => [op, name, value])).toEqual([
      ['replace', 'body', 'grüße'],
      ['add', 'Content-Type', 'text/plain'],
      ['replace', 'Content-Length', '7'],
    ]);
    const { changes: gone } = new MessageEdit(after).body('', undefined, why).done();
    expect(gone.map(({ op, name }) => [op, name])).toEqual([
      ['replace', 'body'],
      ['remove', 'Content-Type'],
      ['replace', 'Content-Length'],
    ]);
  });

  it('edits responses too, which have no Request-URI', () => {
    const { message: after } = new MessageEdit(response(message, 180))
      .requestUri('sip:x', why)
      .removeFirst('Via', why)
      .done();
    expect(after).toMatchObject({ kind: 'response', status: 180, reason: 'Ringing' });
    expect(topVia(after)?.host).toBe('two');
  });

  it('lets no value become another header line', () => {
    expect(linesOf(editing().append('X', 'a\r\nVia: evil', why)).at(-1)).toBe('X: a Via: evil');
  });
});
