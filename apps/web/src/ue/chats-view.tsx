import { ArrowLeft, Phone as PhoneIcon, SendHorizontal } from 'lucide-react';
import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { Avatar } from './avatar.tsx';
import { type Chat, type ChatControl, type ChatMessage, MAX_MESSAGE_CHARACTERS } from './chats.ts';
import { people } from './people.ts';
import type { Phone } from './phone.ts';
import './chats.css';

interface ChatsViewProps {
  readonly phone: Phone;
  /** Registered: a message can be sent. */
  readonly ready: boolean;
  /** What was written and not sent, by chat: it outlives a look at another page. */
  readonly drafts: Map<string, string>;
  /** Calls the person of the chat. */
  readonly onCall: (target: string) => void;
}

/** Messages with the people of the lab: the list of chats, or one of them. */
export function ChatsView({ phone, ready, drafts, onCall }: ChatsViewProps) {
  const { chats, open, notice } = useStore(phone.chats.store);
  const chat = chats.find(({ key }) => key === open);
  const view = useRef<HTMLDivElement>(null);
  const before = useRef(open);

  // Who opens a chat writes next; who leaves it is where the chat was chosen. Who only comes by along the tabs keeps the focus there.
  useEffect(() => {
    const left = before.current;
    before.current = open;
    if (open === left) return;
    const line = open === null ? `[data-chat="${CSS.escape(left ?? '')}"]` : 'textarea';
    const next = view.current?.querySelector<HTMLElement>(line) ?? view.current?.querySelector('input');
    next?.focus();
    if (next instanceof HTMLTextAreaElement) next.setSelectionRange(next.value.length, next.value.length);
  }, [open]);

  return (
    <div className="chats-view" ref={view}>
      {chat === undefined ? (
        <ChatList control={phone.chats} chats={chats} notice={notice} ownImsi={phone.sim.imsi} />
      ) : (
        <OpenChat
          key={chat.key}
          control={phone.chats}
          chat={chat}
          ready={ready}
          drafts={drafts}
          onCall={() => onCall(chat.uri)}
        />
      )}
    </div>
  );
}

interface ChatListProps {
  readonly control: ChatControl;
  readonly chats: readonly Chat[];
  readonly notice: string;
  readonly ownImsi: string;
}

function ChatList({ control, chats, notice, ownImsi }: ChatListProps) {
  const [target, setTarget] = useState('');
  const list = useStore(people, (state) => state.list);
  const onSubmit = (event: React.FormEvent) => {
    event.preventDefault();
    if (target.trim() !== '') control.open(target);
  };
  return (
    <section className="chats" aria-label="Chats">
      <form className="chats-new" onSubmit={onSubmit}>
        <label htmlFor="message-to">Message to</label>
        <div className="chats-row">
          <input
            id="message-to"
            className="field"
            list="message-people"
            autoComplete="off"
            autoCapitalize="off"
            spellCheck={false}
            enterKeyHint="go"
            placeholder="name, number or SIP address"
            value={target}
            onChange={(event) => setTarget(event.target.value)}
          />
          <button type="submit" className="button" disabled={target.trim() === ''}>
            Write
          </button>
        </div>
        <datalist id="message-people">
          {list
            .filter(({ imsi, number }) => imsi !== ownImsi && number !== '')
            .map(({ imsi, name }) => (
              <option key={imsi} value={name.toLowerCase()} />
            ))}
        </datalist>
        {notice === '' ? null : (
          <p className="chats-notice" role="alert">
            {notice}
          </p>
        )}
      </form>
      {chats.length === 0 ? (
        <p className="phone-fine">
          No chats yet. Each message is one SIP MESSAGE: it takes the way of a call through the network, and the ladder
          shows it.
        </p>
      ) : (
        <ul className="chats-list">
          {chats.map((chat) => (
            <li key={chat.key}>
              <button type="button" className="chats-line" data-chat={chat.key} onClick={() => control.show(chat.key)}>
                <Avatar name={chat.peer.name} size="small" />
                <span className="chats-who">
                  <span>{chat.peer.name}</span>
                  <span className="chats-last">{lastWords(chat)}</span>
                </span>
                {chat.unread > 0 ? <Badge count={chat.unread} /> : null}
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function lastWords({ messages }: Chat): string {
  const last = messages.at(-1);
  if (last === undefined) return '';
  return last.direction === 'outgoing' ? `You: ${last.text}` : last.text;
}

/** How many messages are unread. */
export function Badge({ count }: { readonly count: number }) {
  return (
    <span className="badge">
      {count}
      <span className="visually-hidden"> unread</span>
    </span>
  );
}

interface OpenChatProps {
  readonly control: ChatControl;
  readonly chat: Chat;
  readonly ready: boolean;
  readonly drafts: Map<string, string>;
  readonly onCall: () => void;
}

function OpenChat({ control, chat, ready, drafts, onCall }: OpenChatProps) {
  const [text, setText] = useState(drafts.get(chat.key) ?? '');
  const log = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const count = chat.messages.length;

  // What scrolls must be reachable by keyboard, also when nothing in it is.
  useEffect(() => {
    if (log.current) log.current.tabIndex = 0;
  }, []);
  // The latest message is in view.
  useLayoutEffect(() => {
    if (log.current && count > 0) log.current.scrollTop = log.current.scrollHeight;
  }, [count]);

  const write = (words: string) => {
    setText(words);
    drafts.set(chat.key, words);
  };
  const send = () => {
    if (!ready || text.trim() === '') return;
    control.send(text);
    write('');
    // The button is not to be pressed twice: the next words are.
    box.current?.focus();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    send();
  };
  const onEscape = (event: React.KeyboardEvent) => {
    if (event.key !== 'Escape' || event.nativeEvent.isComposing) return;
    event.preventDefault();
    // The phone would hang up.
    event.stopPropagation();
    control.show(null);
  };

  return (
    <section className="chat" aria-label={`Chat with ${chat.peer.name}`} onKeyDown={onEscape}>
      <header className="chat-head">
        <button type="button" className="button button-quiet" aria-label="All chats" onClick={() => control.show(null)}>
          <ArrowLeft size={18} aria-hidden="true" />
        </button>
        <Avatar name={chat.peer.name} size="small" />
        <h3>{chat.peer.name}</h3>
        <button type="button" className="button button-quiet" aria-label={`Call ${chat.peer.name}`} onClick={onCall}>
          <PhoneIcon size={18} aria-hidden="true" />
        </button>
      </header>
      <div className="chat-log" role="log" aria-label={`Messages with ${chat.peer.name}`} ref={log}>
        <ol>
          {chat.messages.map((message) => (
            <Bubble key={message.id} message={message} />
          ))}
        </ol>
      </div>
      <div className="chats-row">
        <textarea
          ref={box}
          className="field"
          aria-label={`Message to ${chat.peer.name}`}
          rows={2}
          maxLength={MAX_MESSAGE_CHARACTERS}
          value={text}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="button"
          className="button button-primary"
          aria-label="Send"
          disabled={!ready || text.trim() === ''}
          onClick={send}
        >
          <SendHorizontal size={18} aria-hidden="true" />
        </button>
      </div>
    </section>
  );
}

const time = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

const stateWords: Readonly<Record<ChatMessage['state'], string>> = {
  sending: 'sending …',
  delivered: 'delivered',
  failed: '',
  received: '',
};

function Bubble({ message }: { readonly message: ChatMessage }) {
  const { direction, text, at, state, trouble } = message;
  return (
    <li className="bubble" data-direction={direction} data-state={state}>
      <p className="bubble-text">{text}</p>
      <p className="bubble-fine">
        <time dateTime={new Date(at).toISOString()}>{time.format(at)}</time> {stateWords[state]}
      </p>
      {trouble === null ? null : (
        <p className="bubble-trouble">
          {trouble.text}
          {trouble.wire === '' ? null : <span className="mono"> {trouble.wire}</span>}
        </p>
      )}
    </li>
  );
}
