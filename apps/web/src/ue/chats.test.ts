import type { SubscriberView } from '@imslab/ims-core/api/lab-api';
import { describe, expect, it } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { aliceSim, MemoryStorage } from '../../test/fake-pcscf.ts';
import { recallChats, rememberChats } from './chat-memory.ts';
import { createChats, type IncomingMessageEvent, MAX_MESSAGE_CHARACTERS, type SendOptions } from './chats.ts';
import { initialPhoneState, type PhoneState } from './phone-state.ts';

const DOMAIN = aliceSim.domain;
const bob: SubscriberView = {
  imsi: '001010000000002',
  impi: `001010000000002@${DOMAIN}`,
  name: 'Bob',
  number: '+15550001002',
  identities: [`sip:+15550001002@${DOMAIN}`, 'tel:+15550001002', `sip:bob@${DOMAIN}`],
  state: 'REGISTERED',
  serverName: '',
  taken: true,
  kind: 'user',
  authenticationScheme: 'Digest-AKAv1-MD5',
};

function aPhone() {
  const sent: { target: string; body: string; options: SendOptions }[] = [];
  let take: (event: IncomingMessageEvent) => void = () => {};
  const chats = createChats({
    ua: {
      on: (_type, listener) => {
        take = listener;
      },
      sendMessage: (target, body, options) => sent.push({ target, body, options }),
    },
    sim: aliceSim,
    pcscf: `sip:pcscf.${DOMAIN};lr`,
    phone: createStore<PhoneState>()(() => ({
      ...initialPhoneState,
      registered: {
        defaultIdentity: '',
        serviceRoutes: [`<sip:orig@scscf.${DOMAIN};lr>`],
        algorithm: '',
        expiresS: 1,
        refreshAt: 0,
      },
    })),
    people: () => [bob],
  });
  const rejected: number[] = [];
  const incoming = (body: string, headers: Readonly<Record<string, string>> = {}) => {
    const all: Readonly<Record<string, string>> = {
      From: `<sip:+15550001002@${DOMAIN}>;tag=1`,
      'Content-Type': 'text/plain;charset=UTF-8',
      ...headers,
    };
    take({
      originator: 'remote',
      message: { reject: ({ status_code }) => rejected.push(status_code) },
      request: {
        body,
        getHeader: (name) => all[name],
        getHeaders: (name) => (all[name] === undefined ? [] : [all[name]]),
      },
    });
  };
  return { chats, sent, incoming, rejected, list: () => chats.store.getState().chats };
}

describe('chats', () => {
  it('send one MESSAGE on the Service-Route and say when it was delivered', () => {
    const { chats, sent, list } = aPhone();
    chats.open('bob');
    chats.send('  Hello  ');
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ target: `sip:bob@${DOMAIN}`, body: 'Hello' });
    expect(sent[0]?.options.extraHeaders).toEqual([
      `Route: <sip:pcscf.${DOMAIN};transport=ws;lr>`,
      `Route: <sip:orig@scscf.${DOMAIN};lr>`,
    ]);
    expect(list()[0]?.messages[0]).toMatchObject({ text: 'Hello', state: 'sending' });
    sent[0]?.options.eventHandlers.succeeded();
    expect(list()[0]?.messages[0]?.state).toBe('delivered');
  });

  it.each([
    [{ status_code: 480, reason_phrase: 'Temporarily Unavailable' }, 'Not delivered: Bob is not reachable'],
    [{ status_code: 404, reason_phrase: 'Not Found' }, 'Not delivered: nobody is called “Bob”'],
    [{ status_code: 415, reason_phrase: '' }, 'Not delivered: Bob’s phone takes no messages'],
    [{ status_code: 599, reason_phrase: '' }, 'Not delivered'],
    [null, 'Not sent: no connection to the lab'],
  ])('say why a message was not delivered: %j', (response, text) => {
    const { chats, sent, list } = aPhone();
    chats.open('bob');
    chats.send('Hello');
    sent[0]?.options.eventHandlers.failed({
      response: response && { ...response, getHeader: () => undefined },
      cause: 'Connection Error',
    });
    expect(list()[0]?.messages[0]).toMatchObject({ state: 'failed', trouble: { text } });
  });

  it('are one chat for all addresses of one person, the latest on top', () => {
    const { chats, incoming, list } = aPhone();
    chats.open('+1 555 000 1002');
    chats.send('by number');
    chats.show(null);
    incoming('from an address', { From: '<sip:zoe@example.org>;tag=2' });
    incoming('from the number', { 'P-Asserted-Identity': '<tel:+15550001002>' });
    expect(list().map(({ peer, messages }) => [peer.name, messages.length])).toEqual([
      ['Bob', 2],
      ['Zoe', 1],
    ]);
    expect(list().map(({ unread }) => unread)).toEqual([1, 1]);
    chats.show(list()[0]?.key ?? '');
    expect(list()[0]?.unread).toBe(0);
    incoming('seen at once', { 'P-Asserted-Identity': '<tel:+15550001002>' });
    expect(list()[0]?.unread).toBe(0);
  });

  it('refuse what is no text, and cut what is too long', () => {
    const { incoming, list, rejected } = aPhone();
    incoming('<x/>', { 'Content-Type': 'application/xml' });
    expect([rejected, list()]).toEqual([[415], []]);
    incoming('x'.repeat(MAX_MESSAGE_CHARACTERS + 5));
    expect(list()[0]?.messages[0]?.text).toHaveLength(MAX_MESSAGE_CHARACTERS);
  });

  it('forget a chat in which nothing was written, and say what is no address', () => {
    const { chats, list } = aPhone();
    chats.open('two words');
    expect(chats.store.getState()).toMatchObject({ open: null, notice: expect.stringContaining('is not a name') });
    chats.open('bob');
    expect(list()).toHaveLength(1);
    chats.show(null);
    expect(list()).toEqual([]);
  });

  it('outlive a reload; what was on its way then is not known to have arrived', () => {
    const storage = new MemoryStorage();
    const { chats, list } = aPhone();
    chats.open('bob');
    chats.send('Hello');
    rememberChats(aliceSim.imsi, list(), storage);
    expect(recallChats('another', storage)).toEqual([]);
    expect(recallChats(aliceSim.imsi, storage)[0]?.messages[0]).toMatchObject({ text: 'Hello', state: 'failed' });
    storage.setItem('imslab.chats', '{"imsi":1');
    expect(recallChats(aliceSim.imsi, storage)).toEqual([]);
  });
});
