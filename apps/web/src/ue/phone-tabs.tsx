import { useRef } from 'react';
import { Badge } from './chats-view.tsx';

/** What the phone can show beside a call. */
export type PhonePage = 'phone' | 'chats' | 'services';

export const phonePages: readonly { readonly page: PhonePage; readonly label: string }[] = [
  { page: 'phone', label: 'Phone' },
  { page: 'chats', label: 'Chats' },
  { page: 'services', label: 'Services' },
];

interface PhoneTabsProps {
  readonly page: PhonePage;
  readonly unread: number;
  readonly onPage: (page: PhonePage) => void;
}

/** Chooses a page of the phone; arrow keys, Home and End move among them. @see WAI-ARIA Authoring Practices, tabs */
export function PhoneTabs({ page, unread, onPage }: PhoneTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const at = phonePages.findIndex((each) => each.page === page);
    const index = nextIndex(event.key, at);
    const next = index === undefined ? undefined : phonePages.at(index % phonePages.length);
    if (next === undefined) return;
    event.preventDefault();
    onPage(next.page);
    list.current?.querySelector<HTMLElement>(`#tab-${next.page}`)?.focus();
  };
  return (
    <div className="phone-tabs" role="tablist" aria-label="Pages of the phone" ref={list} onKeyDown={onKeyDown}>
      {phonePages.map(({ page: each, label }) => (
        <button
          key={each}
          id={`tab-${each}`}
          type="button"
          role="tab"
          className="phone-tab"
          aria-selected={each === page}
          aria-controls="phone-page"
          tabIndex={each === page ? 0 : -1}
          onClick={() => onPage(each)}
        >
          {label}
          {each === 'chats' && unread > 0 ? <Badge count={unread} /> : null}
        </button>
      ))}
    </div>
  );
}

/** Where a key leads from here, counted on past either end; undefined for any other key. */
function nextIndex(key: string, at: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
      return at + 1;
    case 'ArrowLeft':
      return at - 1;
    case 'Home':
      return 0;
    case 'End':
      return -1;
    default:
      return undefined;
  }
}
