import type { SimCard, SubscriberView } from '@imslab/ims-core/api/lab-api';
import { createStore, type StoreApi } from 'zustand/vanilla';
import { dial } from './dial.ts';
import { describe, type HeaderSource, type Peer, peerOf } from './identity.ts';
import type { PhoneState } from './phone-state.ts';
import { readRetryAfterS } from './register-rules.ts';
import { routeHeaders } from './routes.ts';
import { listValues, nameAddr } from './sip-text.ts';
import { messageTrouble, type Trouble } from './words.ts';

/** A pager-mode message is short; longer texts are for sessions. @see RFC 3428 §8 */
export const MAX_MESSAGE_CHARACTERS = 1_000;
/** Kept of one chat; the oldest go first. */
const MAX_MESSAGES_OF_A_CHAT = 200;
/** Kept chats; the one that was quiet longest goes first. */
const MAX_CHATS = 50;

export interface ChatMessage {
  readonly id: string;
  readonly direction: 'outgoing' | 'incoming';
  readonly text: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly state: 'sending' | 'delivered' | 'failed' | 'received';
  /** Why it was not delivered. */
  readonly trouble: Trouble | null;
}

/** What was written with one person. */
export interface Chat {
  readonly key: string;
  /** Where the next message goes. */
  readonly uri: string;
  readonly peer: Peer;
  readonly messages: readonly ChatMessage[];
  readonly unread: number;
}

export interface ChatState {
  /** The latest first. */
  readonly chats: readonly Chat[];
  /** Key of the chat that is looked at; null: the list. */
  readonly open: string | null;
  /** Why the last wish to write could not become a message. */
  readonly notice: string;
}

/** What chats need of JsSIP. */
export interface MessageAgent {
  on(type: 'newMessage', listener: (event: IncomingMessageEvent) => void): unknown;
  sendMessage(target: string, body: string, options: SendOptions): unknown;
}

export interface SendOptions {
  readonly contentType: string;
  readonly extraHeaders: string[];
  readonly eventHandlers: {
    readonly succeeded: () => void;
    readonly failed: (event: FailedEvent) => void;
  };
}

interface FailedEvent {
  readonly response?: {
    status_code: number;
    reason_phrase: string;
    getHeader(name: string): string | undefined;
  } | null;
  readonly cause?: string;
}

export interface IncomingMessageEvent {
  readonly originator: string;
  readonly message: { reject(options: { status_code: number; reason_phrase?: string }): void };
  readonly request: HeaderSource & { readonly body?: string | null; getHeader(name: string): string | undefined };
}

export interface ChatsOptions {
  readonly ua: MessageAgent;
  readonly sim: SimCard;
  readonly pcscf: string;
  readonly phone: Pick<StoreApi<PhoneState>, 'getState'>;
  readonly people: () => readonly SubscriberView[];
  /** What an earlier life of this tab kept. */
  readonly remembered?: readonly Chat[];
}

export interface ChatControl {
  readonly store: Omit<StoreApi<ChatState>, 'setState'>;
  /** Begins or goes on with a chat with a name, a number or a SIP URI. */
  open(target: string): void;
  /** Looks at a chat, which reads it, or at the list. */
  show(key: string | null): void;
  /** Sends a MESSAGE in the chat that is open. */
  send(text: string): void;
}

/** The UE's messages in pager mode. @see RFC 3428, TS 24.229 5.1.2A */
export function createChats({ ua, sim, pcscf, phone, people, remembered = [] }: ChatsOptions): ChatControl {
  const store = createStore<ChatState>()(() => ({ chats: remembered, open: null, notice: '' }));
  let serial = remembered.reduce((sum, { messages }) => sum + messages.length, 0);

  function find(key: string | null): Chat | undefined {
    return store.getState().chats.find((chat) => chat.key === key);
  }

  /** Puts a chat on top of the list. */
  function put(chat: Chat): void {
    const others = store.getState().chats.filter(({ key }) => key !== chat.key);
    store.setState({ chats: [chat, ...others].slice(0, MAX_CHATS) });
  }

  function chatWith(peer: Peer, uri: string): Chat {
    const key = peer.number === '' ? uri.toLowerCase() : peer.number;
    return find(key) ?? { key, uri, peer, messages: [], unread: 0 };
  }

  function add(chat: Chat, part: Pick<ChatMessage, 'direction' | 'text' | 'state' | 'trouble'>): ChatMessage {
    serial += 1;
    const message: ChatMessage = { ...part, id: `${serial}`, at: Date.now() };
    const isSeen = part.direction === 'outgoing' || store.getState().open === chat.key;
    put({
      ...chat,
      messages: [...chat.messages, message].slice(-MAX_MESSAGES_OF_A_CHAT),
      unread: isSeen ? 0 : chat.unread + 1,
    });
    return message;
  }

  function settle(key: string, id: string, part: Pick<ChatMessage, 'state' | 'trouble'>): void {
    store.setState(({ chats }) => ({
      chats: chats.map((chat) =>
        chat.key === key
          ? { ...chat, messages: chat.messages.map((each) => (each.id === id ? { ...each, ...part } : each)) }
          : chat,
      ),
    }));
  }

  ua.on('newMessage', ({ originator, message, request }) => {
    if (originator !== 'remote') return;
    const contentType = (request.getHeader('Content-Type') ?? '').split(';')[0]?.trim().toLowerCase();
    if (contentType !== 'text/plain') {
      message.reject({ status_code: 415 });
      return;
    }
    const from = request.getHeader('From') ?? '';
    const asserted = request.getHeaders('P-Asserted-Identity').flatMap(listValues)[0];
    const chat = chatWith(peerOf(request, from, people()), nameAddr(asserted ?? from).uri);
    const text = (request.body ?? '').slice(0, MAX_MESSAGE_CHARACTERS);
    add(chat, { direction: 'incoming', text, state: 'received', trouble: null });
  });

  return {
    store,
    open(target) {
      const dialled = dial(target, sim.domain);
      if (!dialled.ok) {
        store.setState({ notice: dialled.text });
        return;
      }
      const chat = chatWith(describe([dialled.uri], '', people()), dialled.uri);
      put(chat);
      store.setState({ open: chat.key, notice: '' });
    },
    show(key) {
      const chat = find(key);
      if (chat !== undefined && chat.unread > 0) {
        store.setState(({ chats }) => ({
          chats: chats.map((each) => (each === chat ? { ...chat, unread: 0 } : each)),
        }));
      }
      store.setState(({ chats }) => ({
        open: chat?.key ?? null,
        notice: '',
        // A chat in which nothing was written is not worth a line of the list.
        chats: chat === undefined ? chats.filter(({ messages }) => messages.length > 0) : chats,
      }));
    },
    send(text) {
      const chat = find(store.getState().open);
      const body = text.trim().slice(0, MAX_MESSAGE_CHARACTERS);
      if (chat === undefined || body === '') return;
      const { id } = add(chat, { direction: 'outgoing', text: body, state: 'sending', trouble: null });
      const failed = (event: FailedEvent) => {
        const trouble = messageTrouble(chat.peer.name, {
          status: event.response?.status_code ?? 0,
          reason: event.response?.reason_phrase ?? '',
          cause: event.cause ?? '',
          retryAfterS: readRetryAfterS(event.response?.getHeader('Retry-After')),
        });
        settle(chat.key, id, { state: 'failed', trouble });
      };
      try {
        ua.sendMessage(chat.uri, body, {
          contentType: 'text/plain;charset=UTF-8',
          extraHeaders: routeHeaders(pcscf, phone.getState().registered?.serviceRoutes ?? []),
          eventHandlers: { succeeded: () => settle(chat.key, id, { state: 'delivered', trouble: null }), failed },
        });
      } catch {
        // JsSIP refuses an address that is none.
        failed({ cause: 'Not an address' });
      }
    },
  };
}
