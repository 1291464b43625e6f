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

/** Chooses a page of the phone; arrow keys move among them. @see WAI-ARIA Authoring Practices, tabs */
export function PhoneTabs({ page, unread, onPage }: PhoneTabsProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = phonePages.findIndex((each) => each.page === page);
    const next = phonePages[(at + step + phonePages.length) % phonePages.length];
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
