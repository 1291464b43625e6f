import { describe, expect, it } from 'vitest';
import { callerRequest, type RequestOptions } from '../../../test/kit/proxy-lab.ts';
import { response } from '../sip/build.ts';
import { MessageEdit } from '../sip/edit.ts';
import { answeredKey, cancelledKey, clientKey, serverKey } from './match.ts';

const invite = callerRequest();
const withVia = (via: string, options: RequestOptions = {}) =>
  new MessageEdit(callerRequest(options)).set('Via', via, 'test').done().message;

describe('server transaction matching (RFC 3261 §17.2.3)', () => {
  it.each<[string, RequestOptions, boolean]>([
    ['the same request', {}, true],
    ['the ACK of its refusal', { method: 'ACK', toTag: 't' }, true],
    ['the same branch with other headers', { callId: 'other', cseq: 9 }, true],
    ['another branch', { branch: 'z9hG4bKother' }, false],
    ['another method', { method: 'OPTIONS' }, false],
    ['its CANCEL, which is a transaction of its own', { method: 'CANCEL' }, false],
  ])('%s', (_name, options, same) => {
    expect(serverKey(callerRequest(options)) === serverKey(invite)).toBe(same);
  });

  it('tells two clients with the same branch apart by their sent-by', () => {
    const keys = ['192.0.2.1:5060', '192.0.2.1:5061', '192.0.2.1', '192.0.2.2:5060'].map((sentBy) =>
      serverKey(withVia(`SIP/2.0/UDP ${sentBy};branch=z9hG4bKsame`)),
    );
    expect(new Set(keys).size).toBe(4);
  });

  it('finds the INVITE that a CANCEL is meant for', () => {
    expect(cancelledKey(callerRequest({ method: 'CANCEL' }))).toBe(serverKey(invite));
  });

  it('matches RFC 2543 elements, whose branch lacks the cookie, by the rest of the message', () => {
    const old = (options: RequestOptions = {}, branch = '') =>
      serverKey(withVia(`SIP/2.0/UDP old.example${branch}`, options));
    expect(old({ method: 'ACK', toTag: 'answered' })).toBe(old());
    expect(old({}, ';branch=1')).not.toBe(old());
    expect(old({ cseq: 2 })).not.toBe(old());
    expect(old({ callId: 'other' })).not.toBe(old());
    expect(old({ uri: 'sip:carol@192.0.2.21' })).not.toBe(old());
    expect(old({ method: 'CANCEL' })).not.toBe(old());
  });
});

describe('client transaction matching (RFC 3261 §17.1.3)', () => {
  it('takes branch and CSeq method: a CANCEL has the branch of its INVITE', () => {
    expect(answeredKey(response(invite, 200))).toBe(clientKey('z9hG4bKcall1', 'INVITE'));
    expect(answeredKey(response(callerRequest({ method: 'CANCEL' }), 200))).toBe(clientKey('z9hG4bKcall1', 'CANCEL'));
  });

  it('finds nothing for a response without branch', () => {
    expect(answeredKey(response(withVia('SIP/2.0/UDP 192.0.2.1'), 200))).toBeUndefined();
  });
});
