import type { Chat, ChatMessage } from './chats.ts';

const KEY = 'imslab.chats';

interface Remembered {
  readonly imsi: string;
  readonly chats: readonly Chat[];
}

/** The chats that this tab had with this SIM before a reload. A message that was on its way then counts as not delivered. */
export function recallChats(imsi: string, storage: Storage = sessionStorage): readonly Chat[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(KEY) ?? 'null');
    if (!isRemembered(value) || value.imsi !== imsi) return [];
    return value.chats.map((chat) => ({ ...chat, messages: chat.messages.map(ended) }));
  } catch {
    return [];
  }
}

export function rememberChats(imsi: string, chats: readonly Chat[], storage: Storage = sessionStorage): void {
  const remembered: Remembered = { imsi, chats };
  storage.setItem(KEY, JSON.stringify(remembered));
}

function ended(message: ChatMessage): ChatMessage {
  if (message.state !== 'sending') return message;
  const text = 'Not known whether it arrived: the page was reloaded';
  return { ...message, state: 'failed', trouble: { severity: 'notice', text, advice: '', wire: '' } };
}

function isRemembered(value: unknown): value is Remembered {
  return (
    typeof value === 'object' &&
    value !== null &&
    'imsi' in value &&
    typeof value.imsi === 'string' &&
    'chats' in value &&
    Array.isArray(value.chats) &&
    value.chats.every(isChat)
  );
}

function isChat(value: unknown): value is Chat {
  return (
    typeof value === 'object' &&
    value !== null &&
    'key' in value &&
    'uri' in value &&
    'peer' in value &&
    'unread' in value &&
    'messages' in value &&
    Array.isArray(value.messages)
  );
}
